import { assign, createRuntime, sum, tanh, type HostArray } from '@gradloom/core'
import { cpu } from '../../src/index.ts'
import { held, type Held } from './process.ts'
import { workerScript } from './worker-script.ts'

/** Runtimes that are created, used and closed: what the process holds after a quarter of them, and after all.
 * Arguments: placement, threads, count. */
const [placement, threads, count] = process.argv.slice(2)
const script = await workerScript()
/** Elements of what each computes: its memory is 12 MB or more. */
const SIZE = 1 << 20

async function one(): Promise<void> {
  const where = placement === 'worker' ? { worker: script([]) } : { placement: 'inline' as const }
  const rt = createRuntime({ backends: [cpu({ ...where, threads: Number(threads) })] })
  const env = rt.variables()
  env.name('w').set(new Float32Array(SIZE).fill(1))
  const step = env.compile((ctx) => {
    const w = ctx.variable('w')
    return { total: sum(tanh(w.mul(2)).mul(w)), next: w.mul(3), w: assign(w, w.add(1)) }
  })
  // Whoever goes on holding a value must not hold the memory.
  const { next } = await step({}, { keep: true })
  if (strays.length < 10) strays.push(next)
  const values: HostArray = await env.name('w').get()
  if (values.data[SIZE - 1] !== 2) throw new Error(`2 expected, got ${values.data[SIZE - 1]}`)
  await rt.close()
}

const strays: unknown[] = []
const marks: Held[] = []
for (let i = 1; i <= Number(count); i++) {
  await one()
  if (i === Math.ceil(Number(count) / 4)) marks.push(await held())
}
marks.push(await held())
console.log(JSON.stringify(marks))
