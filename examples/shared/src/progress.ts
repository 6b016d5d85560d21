import { SingleBar } from 'cli-progress'

export interface Progress {
  step(loss: number): void
  stop(): void
}

/** A line is printed every so many steps where there is no terminal. */
const STEPS_A_LINE = 100

/** Shows the loss, the speed and the time left: a bar on a terminal; elsewhere lines that, up to their bar sign, depend on
 * the flags alone, so that two runs can be compared. */
export function createProgress({ epochs, stepsPerEpoch, batch }: { epochs: number; stepsPerEpoch: number; batch: number }): Progress {
  const steps = epochs * stepsPerEpoch, start = performance.now()
  const state = (done: number, loss: number) => {
    const seconds = (performance.now() - start) / 1000
    return {
      epoch: `epoch ${Math.floor((done - 1) / stepsPerEpoch) + 1}/${epochs}`,
      loss: `loss ${loss.toFixed(6)}`,
      speed: `${Math.round((done * batch) / seconds)} samples/s, ${Math.ceil((seconds / done) * (steps - done))} s left`,
    }
  }
  let done = 0
  if (!process.stdout.isTTY) {
    return {
      step(loss) {
        done++
        const { epoch, speed, loss: text } = state(done, loss)
        if (done % STEPS_A_LINE === 0 || done % stepsPerEpoch === 0) console.log(`${epoch} step ${String(done).padStart(5)} ${text} | ${speed}`)
      },
      stop() {},
    }
  }
  const bar = new SingleBar({ format: '{epoch} [{bar}] {loss} | {speed}', stream: process.stdout, barsize: 30, hideCursor: true })
  if (steps) bar.start(steps, 0, { epoch: `epoch 1/${epochs}`, loss: 'compiling', speed: '' })
  return {
    step(loss) { bar.update(++done, state(done, loss)) },
    stop() { bar.stop() },
  }
}
