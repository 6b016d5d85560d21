// The worker that checks an op: what it gives, whether its gradients are right, and what it costs.
import * as core from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'
import { checkGrads } from '@gradloom/ops'
import { measure, clockTick } from '../../bench/measure.ts'
import { duration } from '../../format.ts'
import { execute, packages, programFailure, type Packages } from '../code/execute.ts'
import { partOf } from '../code/print.ts'
import type { Part } from '../code/protocol.ts'
import type { Fault, FromChecker, StageName, ToChecker } from './protocol.ts'

const post = (message: FromChecker): void => (globalThis as unknown as Worker).postMessage(message)
const text = (words: string): Part => ({ kind: 'text', text: words })

type Vjp = NonNullable<core.OpDefinition<unknown>['vjp']>
type Cotangent = ReturnType<Vjp>[number]
const faults: Readonly<Record<Exclude<Fault, 'none'>, (g: NonNullable<Cotangent>) => Cotangent>> = {
  sign: (g) => core.neg(g),
  factor: (g) => core.mul(g, 1.01),
  detached: (g) => core.zerosLike(g),
}

/** The packages with a mistake in every gradient that the program writes. */
function faulty(fault: Fault): Packages {
  if (fault === 'none') return packages
  const spoil = faults[fault]
  const defineOp = (given: core.OpDefinition<unknown>) => {
    const { vjp } = given
    const spoiled: Vjp = (context) => vjp!(context).map((g) => (g ? spoil(g) : g))
    return core.defineOp(vjp ? { ...given, vjp: spoiled } : given)
  }
  const over = (name: string) => async (): Promise<object> => ({ ...(await packages[name]()), defineOp })
  return { ...packages, gradloom: over('gradloom'), '@gradloom/core': over('@gradloom/core') }
}

interface Op {
  readonly op: (...inputs: core.Tensor[]) => core.Tensor
  readonly inputs: readonly core.Tensor[]
}
function exported({ op, inputs }: Readonly<Record<string, unknown>>): Op {
  if (typeof op !== 'function') throw new TypeError('an exported function op required: export const op = (x) => ...')
  if (!Array.isArray(inputs) || !inputs.length || inputs.some((one) => !(one instanceof core.Tensor)))
    throw new TypeError('an exported list of tensors required: export const inputs = [tensor([1, 2])]')
  return { op: op as Op['op'], inputs }
}

async function stage(name: StageName, work: () => Promise<Part>): Promise<void> {
  try {
    post({ type: 'stage', name, isRight: true, part: await work() })
  } catch (error) {
    // A gradient that is wrong is a finding, and what follows can still be told.
    if ((error as { code?: string }).code !== 'GRAD') throw error
    post({ type: 'stage', name, isRight: false, part: text((error as Error).message) })
  }
}

/** The time of the op on inputs that are there already, its result left there. */
async function timed({ op, inputs }: Op, threads: number): Promise<Part> {
  const runtime = core.createRuntime({ backends: [cpu({ threads, placement: 'inline' })] })
  try {
    const env = runtime.variables()
    inputs.forEach((input, i) => env.name(`x${i}`).set(input))
    const step = env.compile((ctx) => ({ y: op(...inputs.map((_, i) => ctx.variable(`x${i}`))) }))
    const run = async (): Promise<void> => (await step({}, { keep: true })).y.dispose()
    const { median, low, high, samples } = await measure(run, clockTick(), null)
    return text(`${duration(median)} (${duration(low)} to ${duration(high)}, ${samples.length} samples)`)
  } finally {
    await runtime.close()
  }
}

async function check({ text: program, fault, threads }: ToChecker): Promise<void> {
  const runtime = core.createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })] })
  core.setRuntime(runtime)
  try {
    const found = exported(await execute(program, { offered: faulty(fault) }))
    const { op, inputs } = found
    await stage('shape', async () => {
      const { shape, dtype } = op(...inputs)
      return text(`${dtype} [${shape.join(', ')}]`)
    })
    await stage('value', async () => partOf((await runtime.evaluate([op(...inputs)]))[0]))
    for (const order of [1, 2] as const)
      await stage(`order ${order}`, async () => {
        await checkGrads(op, inputs, { order })
        return text('as central differences in float64, to 1e-6')
      })
    await stage('one thread', () => timed(found, 1))
    if (threads > 1) await stage('all threads', () => timed(found, threads))
    post({ type: 'done' })
  } catch (error) {
    post({ type: 'failed', failure: await programFailure(error) })
  } finally {
    core.setRuntime(null)
    await runtime.close()
  }
}

addEventListener('message', ({ data }: MessageEvent<ToChecker>) => void check(data))
