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
  readonly plugins: readonly core.Plugin[]
}
function exported({ op, inputs, plugin }: Readonly<Record<string, unknown>>, wgsl: string): Op {
  if (typeof op !== 'function') throw new TypeError('an exported function op required: export const op = (x) => ...')
  if (!Array.isArray(inputs) || !inputs.length || inputs.some((one) => !(one instanceof core.Tensor)))
    throw new TypeError('an exported list of tensors required: export const inputs = [tensor([1, 2])]')
  if (plugin !== undefined && typeof plugin !== 'function')
    throw new TypeError('a function plugin required: export const plugin = (wgsl) => ({ name, ops, kernels })')
  if (wgsl.trim() && !plugin)
    throw new TypeError(
      'an exported function plugin required, which takes the WGSL: export const plugin = (wgsl) => ...',
    )
  return { op: op as Op['op'], inputs, plugins: plugin ? [(plugin as (text: string) => core.Plugin)(wgsl)] : [] }
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

/** How long the op takes on inputs that are there already, its result left there; `read` reads it too, which a device
 * that works behind has computed only then. */
async function timed({ op, inputs }: Op, runtime: core.Runtime, read = false): Promise<string> {
  const env = runtime.variables()
  inputs.forEach((input, i) => env.name(`x${i}`).set(input))
  const step = env.compile((ctx) => ({ y: op(...inputs.map((_, i) => ctx.variable(`x${i}`))) }))
  const run = async (): Promise<void> => {
    const { y } = await step({}, { keep: true })
    if (read) await y.data()
    y.dispose()
  }
  const { median, low, high, samples } = await measure(run, clockTick())
  return `${duration(median)} (${duration(low)} to ${duration(high)}, ${samples.length} samples)`
}

async function timedOnCpu(found: Op, threads: number): Promise<Part> {
  const { plugins } = found
  const runtime = core.createRuntime({ backends: [cpu({ threads, placement: 'inline' })], plugins })
  try {
    return text(await timed(found, runtime))
  } finally {
    await runtime.close()
  }
}

/** A device, and every shader that it is given. */
async function openDevice(): Promise<{ readonly device: GPUDevice; readonly shaders: string[] } | string> {
  if (!('gpu' in navigator)) return 'This browser has no WebGPU.'
  const adapter = await navigator.gpu.requestAdapter()
  if (!adapter) return 'The browser has WebGPU, but no graphics card for it.'
  const device = await adapter.requestDevice()
  const shaders: string[] = []
  const create = device.createShaderModule.bind(device)
  device.createShaderModule = (given) => {
    shaders.push(given.code)
    return create(given)
  }
  return { device, shaders }
}

const GPU_STAGES = ['webgpu value', 'webgpu', 'wgsl'] as const
/** The greatest difference of two values, as a share of the greatest number of the first. */
function apart(a: core.HostArray, b: core.HostArray): number {
  const [first, second] = [a, b].map((host) => Array.from(host.data, Number))
  const most = Math.max(...first.map(Math.abs)) || 1
  return Math.max(...first.map((x, i) => (Object.is(x, second[i]) ? 0 : Math.abs(x - second[i])))) / most
}
const CLOSE = 1e-4

/** What WebGPU makes of the op: its formula becomes a kernel there as it does on the CPU, or it has one of the
 * plugin. */
async function checkOnGpu(found: Op, value: core.HostArray): Promise<void> {
  const opened = await openDevice()
  if (typeof opened === 'string') {
    for (const name of GPU_STAGES) post({ type: 'stage', name, isRight: null, part: text(opened) })
    return
  }
  const { device, shaders } = opened
  const { webgpu } = await import('@gradloom/backend-webgpu')
  const backends = (): core.Backend[] => [webgpu({ device }), cpu({ threads: 1, placement: 'inline' })]
  const runtime = core.createRuntime({ backends: backends(), plugins: found.plugins })
  /** Without the plugin's kernel, where it has one. */
  const other = found.plugins[0]?.kernels?.webgpu ? core.createRuntime({ backends: backends() }) : null
  try {
    const [got] = await runtime.evaluate([found.op(...found.inputs)])
    const by = apart(value, got)
    const said = `the same as on the CPU, to ${by.toExponential(1)} of its greatest element`
    const words =
      by <= CLOSE ? said : `other than on the CPU, by ${by.toExponential(1)} of its greatest element: ${got}`
    post({ type: 'stage', name: 'webgpu value', isRight: by <= CLOSE, part: text(words) })
    const own = [...new Set(shaders)]
    await stage('webgpu', async () => {
      const ours = await timed(found, runtime, true)
      return text(other ? `${ours}; decomposed: ${await timed(found, other, true)}` : ours)
    })
    const none = 'none: WebGPU lacks a kernel that it needs, so it runs on the CPU'
    post({ type: 'stage', name: 'wgsl', isRight: own.length ? true : null, part: text(own.join('\n\n') || none) })
  } catch (error) {
    // A kernel that the device refuses is a finding.
    if ((error as { code?: string }).code !== 'KERNEL') throw error
    post({ type: 'stage', name: 'webgpu value', isRight: false, part: text((error as Error).message) })
  } finally {
    await Promise.all([runtime.close(), other?.close()])
    device.destroy()
  }
}

async function check({ text: program, wgsl, fault, threads }: ToChecker): Promise<void> {
  const runtime = core.createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })] })
  core.setRuntime(runtime)
  try {
    const found = exported(await execute(program, { offered: faulty(fault) }), wgsl)
    const { op, inputs } = found
    await stage('shape', async () => {
      const { shape, dtype } = op(...inputs)
      return text(`${dtype} [${shape.join(', ')}]`)
    })
    const [value] = await runtime.evaluate([op(...inputs)])
    await stage('value', async () => partOf(value))
    for (const order of [1, 2] as const)
      await stage(`order ${order}`, async () => {
        await checkGrads(op, inputs, { order })
        return text('as central differences in float64, to 1e-6')
      })
    await stage('one thread', () => timedOnCpu(found, 1))
    if (threads > 1) await stage('all threads', () => timedOnCpu(found, threads))
    await checkOnGpu(found, value)
    post({ type: 'done' })
  } catch (error) {
    post({ type: 'failed', failure: await programFailure(error) })
  } finally {
    core.setRuntime(null)
    await runtime.close()
  }
}

addEventListener('message', ({ data }: MessageEvent<ToChecker>) => void check(data))
