/** What a run asks of a device, and what it costs outside the GPU. */
export interface GpuCost {
  readonly dispatches: number
  readonly submits: number
  readonly readbacks: number
  /** Milliseconds that processors work for a run beside the calling thread: on an adapter in software, the kernels.
   * What else the machine does prolongs runs, and this hardly. */
  readonly workMs: number
  /** Milliseconds from the call until the GPU has its work, kernels left empty so that it leaves the processor
   * alone. */
  readonly hostMs: number
  /** Milliseconds of the same calls of WebGPU in a loop without anything around it; null where they cannot be made
   * again. */
  readonly floorMs: number | null
}

/** Counts what devices are asked for, of whoever asks. */
export interface Meter {
  /** WebGPU whose devices are watched. */
  readonly gpu: GPU
  /** The device that was asked for last. */
  readonly device: GPUDevice | null
  /** @param lasts whether what a run binds is there after it, so that its calls can be made again */
  cost(run: () => unknown, lasts: boolean): Promise<GpuCost>
}

/** Runs before those that are timed, until the engine has compiled their code. */
const WARM = 30
const TIMED = 30

interface Call {
  readonly pipeline: GPUComputePipeline
  readonly groups: readonly (readonly [group: GPUBindGroup, offsets: readonly number[]])[]
}

/** Puts `by` around a method of one object. */
function around<T extends object>(
  target: T,
  name: keyof T & string,
  by: (own: (...args: unknown[]) => unknown, args: unknown[]) => unknown,
): void {
  const method = target[name] as (...args: unknown[]) => unknown
  const value = (...args: unknown[]): unknown => by((...a) => method.apply(target, a), args)
  Object.defineProperty(target, name, { value, configurable: true })
}
/** Leaves a pass's kernels empty; its other calls are not watched, so that they are timed alone. */
function emptied(pass: GPUComputePassEncoder): void {
  const dispatch = pass.dispatchWorkgroups.bind(pass, 0, 1, 1)
  Object.defineProperty(pass, 'dispatchWorkgroups', { value: () => dispatch(), configurable: true })
}
/** Milliseconds that the process's threads have worked, but for the calling one, which may spin while it waits. */
function worked(): number {
  const all = process.cpuUsage()
  const own = process.threadCpuUsage()
  return (all.user + all.system - own.user - own.system) / 1000
}
const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

export function createMeter(real: GPU): Meter {
  let isEmpty = false
  let calls: Call[] = []
  let submits = 0
  let readbacks = 0
  let submittedAt = 0
  let device: GPUDevice | null = null

  const watchPass = (pass: GPUComputePassEncoder): void => {
    if (isEmpty) return emptied(pass)
    let pipeline: GPUComputePipeline | null = null
    const groups: [GPUBindGroup, readonly number[]][] = []
    around(pass, 'setPipeline', (own, args) => {
      pipeline = args[0] as GPUComputePipeline
      own(...args)
    })
    around(pass, 'setBindGroup', (own, args) => {
      const [at, group, offsets = []] = args as [number, GPUBindGroup, (readonly number[])?]
      groups[at] = [group, offsets]
      own(...args)
    })
    around(pass, 'dispatchWorkgroups', (own, args) => {
      calls.push({ pipeline: pipeline!, groups: [...groups] })
      own(...args)
    })
  }
  const watchDevice = (made: GPUDevice): GPUDevice => {
    device = made
    around(made.queue, 'submit', (own, args) => {
      submits++
      own(...args)
      submittedAt = performance.now()
    })
    around(made, 'createCommandEncoder', (own, args) => {
      const encoder = own(...args) as GPUCommandEncoder
      around(encoder, 'beginComputePass', (begin, passArgs) => {
        const pass = begin(...passArgs) as GPUComputePassEncoder
        watchPass(pass)
        return pass
      })
      return encoder
    })
    around(made, 'createBuffer', (own, args) => {
      const buffer = own(...args) as GPUBuffer
      around(buffer, 'mapAsync', (map, mapArgs) => {
        readbacks++
        return map(...mapArgs)
      })
      return buffer
    })
    return made
  }
  const requestAdapter: GPU['requestAdapter'] = async (options) => {
    const adapter = await real.requestAdapter(options)
    if (adapter) around(adapter, 'requestDevice', async (own, args) => watchDevice((await own(...args)) as GPUDevice))
    return adapter
  }
  /** The calls of a run again, without what a library does around them. */
  const replay = (list: readonly Call[]): number => {
    const begin = performance.now()
    const encoder = device!.createCommandEncoder()
    const pass = encoder.beginComputePass()
    let last: GPUComputePipeline | null = null
    for (const { pipeline, groups } of list) {
      if (pipeline !== last) pass.setPipeline(pipeline)
      last = pipeline
      for (const [at, [group, offsets]] of groups.entries())
        if (offsets.length) pass.setBindGroup(at, group, offsets)
        else pass.setBindGroup(at, group)
      pass.dispatchWorkgroups(0, 1, 1)
    }
    pass.end()
    device!.queue.submit([encoder.finish()])
    return performance.now() - begin
  }
  const timed = async (once: () => number | Promise<number>): Promise<number> => {
    const times: number[] = []
    for (let i = 0; i < WARM + TIMED; i++) {
      times.push(await once())
      await device!.queue.onSubmittedWorkDone()
    }
    return median(times.slice(WARM))
  }
  return {
    gpu: { requestAdapter, wgslLanguageFeatures: real.wgslLanguageFeatures, real } as unknown as GPU,
    get device() {
      return device
    },
    async cost(run, lasts) {
      const reset = (): void => {
        calls = []
        submits = readbacks = 0
      }
      reset()
      const before = worked()
      await run()
      const counted = { dispatches: calls.length, submits, readbacks, workMs: worked() - before }
      const recorded = calls
      isEmpty = true
      try {
        const hostMs = await timed(async () => {
          reset()
          const begin = performance.now()
          await run()
          return submittedAt - begin
        })
        const floorMs = lasts ? await timed(() => replay(recorded)) : null
        return { ...counted, hostMs, floorMs }
      } finally {
        isEmpty = false
        reset()
      }
    },
  }
}
