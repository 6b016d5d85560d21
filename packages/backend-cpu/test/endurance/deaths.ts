import { setTimeout as after } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { allocate, assign, BackendError, createRuntime, matmul, mean, tanh } from '@gradloom/core'
import { cpu } from '../../src/index.ts'
import { held, type Held } from './process.ts'
import { workerScript } from './worker-script.ts'

/** Workers that die at random moments, also while they start: the state must be that of the last step that finished,
 * and the next call must work. What the process holds after a quarter of the deaths, and after all.
 * Arguments: threads, count, seed. */
const [threads, count, seed] = process.argv.slice(2).map(Number)
const script = await workerScript()
let state = seed
const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
/** The workers of the runtime. */
const started: Worker[] = []
const kill = (workers = started): Promise<unknown> => workers.at(-1)!.terminate()
const SIZE = 256

const rt = createRuntime({ backends: [cpu({ worker: script(started), threads })] })
const env = rt.variables()
env.name('n').set([0])
env.name('m').set(new Float32Array(SIZE * SIZE).fill(1 / SIZE))
/** Some ten milliseconds; counts in `n` and changes a large variable too. */
const step = env.compile((ctx) => {
  const m = ctx.variable('m')
  let x = m.reshape([SIZE, SIZE])
  for (let i = 0; i < 10; i++) x = tanh(matmul(x, x))
  return {
    loss: mean(x),
    n: assign(ctx.variable('n'), ctx.variable('n').add(1)),
    m: assign(m, m.add(1)),
  }
})
let steps = 0
const outcomes = { finished: 0, rejected: 0, starts: 0 }

/** Whether a call ended well; anything but a BackendError ends the program. */
async function ends(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (!(error instanceof BackendError)) throw error
    outcomes.rejected++
    return false
  }
}
async function check(): Promise<void> {
  const [n, m] = [await env.name('n').get(), await env.name('m').get()]
  const want = Math.fround(steps + 1 / SIZE)
  if (n.data[0] !== steps || Math.abs(m.data[SIZE] - want) > 1e-3 || Math.abs(m.data.at(-1)! - want) > 1e-3)
    throw new Error(`state of step ${steps} expected, got ${n.data[0]}, ${m.data[SIZE]}, ${m.data.at(-1)}`)
}
/** In a step, or before or after it. */
async function duringStep(): Promise<void> {
  const call = ends(step())
  await after(random() ** 2 * 250)
  await kill()
  if (!(await call)) return
  steps++
  outcomes.finished++
}
/** While the worker that follows a dead one starts, or is given the values of the last. */
async function duringRestart(): Promise<void> {
  await kill()
  const before = started.length
  const call = ends(env.name('n').get())
  while (started.length === before) await after(1)
  await after(random() * 120)
  await kill()
  await call
}
/** While the first worker of a backend starts. */
async function duringFirstStart(): Promise<void> {
  const own: Worker[] = []
  const backend = cpu({ worker: script(own), threads })
  const starting = ends(backend.start())
  while (own.length === 0) await after(1)
  await after(random() * 80)
  await kill(own)
  if (!(await starting)) await backend.start()
  const data = allocate('float32', 300_000).fill(3)
  // The worker may have died just after its start.
  const upload = async (): Promise<number> => (await backend.download(await backend.upload(data, 'float32')))[299_999]
  const got = await upload().catch(() => upload())
  if (got !== 3) throw new Error(`3 expected, got ${got}`)
  await backend.close()
  outcomes.starts++
}

// A reply that comes while its worker is ended lets go of the worker, and so of the process that waits for its end.
const alive = setInterval(() => {}, 1000)
await step()
steps++
const marks: Held[] = []
for (let i = 1; i <= count; i++) {
  const moment = random()
  await (moment < 0.2 ? duringFirstStart() : moment < 0.4 ? duringRestart() : duringStep())
  // The list keeps no worker that is gone.
  started.splice(0, started.length - 1)
  await check()
  if (i === Math.ceil(count / 4)) marks.push(await held())
}
marks.push(await held())
await check()
await rt.close()
clearInterval(alive)
console.log(JSON.stringify({ marks, steps, ...outcomes }))
