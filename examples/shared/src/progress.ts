import { SingleBar } from 'cli-progress'

export interface Progress {
  step(loss: number): void
  /** Ends the bar, also before the last step. */
  stop(): void
}
interface ProgressOptions {
  readonly epochs?: number
  readonly stepsPerEpoch: number
  /** Examples of a step. */
  readonly batch: number
  /** Where there is no terminal, a line is printed every so many steps, and after each epoch. */
  readonly stepsPerLine?: number
}

/** Shows the loss, the speed and the time left: a bar on a terminal; elsewhere lines that, up to their bar sign, depend
 * on the flags alone, so that two runs can be compared. */
export function createProgress({ epochs = 1, stepsPerEpoch, batch, stepsPerLine = 100 }: ProgressOptions): Progress {
  const steps = epochs * stepsPerEpoch
  const start = performance.now()
  const epochAt = (done: number): string =>
    epochs > 1 ? `epoch ${Math.floor((done - 1) / stepsPerEpoch) + 1}/${epochs} ` : ''
  const speedAt = (done: number): string => {
    const seconds = (performance.now() - start) / 1000
    return `${Math.round((done * batch) / seconds)} samples/s, ${Math.ceil((seconds / done) * (steps - done))} s left`
  }
  let done = 0
  if (!process.stdout.isTTY) {
    return {
      step(loss) {
        done++
        if (done % stepsPerLine === 0 || done % stepsPerEpoch === 0)
          console.log(`${epochAt(done)}step ${String(done).padStart(5)} loss ${loss.toFixed(6)} | ${speedAt(done)}`)
      },
      stop() {},
    }
  }
  const bar = new SingleBar({
    format: '{epoch}[{bar}] {loss} | {speed}',
    stream: process.stdout,
    barsize: 30,
    hideCursor: true,
  })
  if (steps) bar.start(steps, 0, { epoch: epochAt(1), loss: 'compiling', speed: '' })
  return {
    step(loss) {
      bar.update(++done, { epoch: epochAt(done), loss: `loss ${loss.toFixed(6)}`, speed: speedAt(done) })
    },
    stop() {
      bar.stop()
    },
  }
}
