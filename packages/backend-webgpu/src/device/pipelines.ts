import { KernelError } from '@gradloom/core'
import { COMPUTE } from './usage.ts'
import type { Dispatch } from '../run/dispatch.ts'

/** A shader that is compiled. */
export interface Pipeline {
  readonly gpu: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** Pipelines by code, shared by all plans. */
export interface Pipelines {
  /** Compiles what is not there yet, all at once and without blocking. */
  compile(dispatches: readonly Dispatch[]): Promise<readonly Pipeline[]>
  /** The layout of the uniform that moves with a loop's position. */
  readonly bases: GPUBindGroupLayout
}

/** Pipelines that are shared with plans to come. Those of prepared plans stay with these. */
const MOST = 2048

/** @throws KernelError with what the compiler says, by the lines of a plugin's code where it is in them */
async function refuse({ label, code, drafts }: Dispatch, module: GPUShaderModule, cause: unknown): Promise<never> {
  const { messages } = await module.getCompilationInfo()
  const source = drafts[0]?.source ?? code
  const before = code.slice(0, code.indexOf(source)).split('\n').length - 1
  const text = source.split('\n')
  const lines = messages.flatMap(({ type, lineNum, message }) => {
    if (type !== 'error') return []
    const line = text[lineNum - before - 1]
    return line === undefined ? message : `line ${lineNum - before} "${line.trim()}": ${message}`
  })
  const what = lines.length ? lines.join('; ') : String(cause)
  throw new KernelError(`${label}: a shader that the device compiles required, it says: ${what}`, { cause })
}

export function createPipelines(device: GPUDevice): Pipelines {
  const byCode = new Map<string, Promise<Pipeline>>()
  const layouts = new Map<string, { readonly group: GPUBindGroupLayout; readonly pipeline: GPUPipelineLayout }>()
  const bases = device.createBindGroupLayout({
    entries: [{ binding: 0, visibility: COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } }],
  })

  const layoutOf = ({ bindings, control, bases: moving }: Dispatch) => {
    const modes = bindings.map((b) => b.isWritable)
    if (control !== 'none') modes.push(control === 'write')
    const key = `${modes.map(Number).join('')}:${moving.length > 0}`
    const known = layouts.get(key)
    if (known) return known
    const group = device.createBindGroupLayout({
      entries: modes.map((isWritable, binding) => ({
        binding,
        visibility: COMPUTE,
        buffer: { type: isWritable ? 'storage' : 'read-only-storage' },
      })),
    })
    const bindGroupLayouts = moving.length ? [group, bases] : [group]
    const made = { group, pipeline: device.createPipelineLayout({ bindGroupLayouts }) }
    layouts.set(key, made)
    return made
  }
  const compileOne = (dispatch: Dispatch): Promise<Pipeline> => {
    const { code, label } = dispatch
    const known = byCode.get(code)
    if (known) {
      // The last is the one that is let go of last.
      byCode.delete(code)
      byCode.set(code, known)
      return known
    }
    const layout = layoutOf(dispatch)
    const module = device.createShaderModule({ code, label })
    const made = device
      .createComputePipelineAsync({ layout: layout.pipeline, compute: { module, entryPoint: 'main' }, label })
      .then(
        (gpu) => ({ gpu, layout: layout.group }),
        (error: unknown) => refuse(dispatch, module, error),
      )
    if (byCode.size >= MOST) byCode.delete(byCode.keys().next().value!)
    byCode.set(code, made)
    // What did not compile is tried again when it is asked for again.
    made.catch(() => byCode.delete(code))
    return made
  }
  return { compile: (dispatches) => Promise.all(dispatches.map(compileOne)), bases }
}
