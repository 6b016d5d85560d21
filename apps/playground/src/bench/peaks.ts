/** What so many threads can do at most, in operations a second: all of them at once, each in a worker. */
export async function cpuPeak(threads: number): Promise<number> {
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./peak.ts', import.meta.url), { type: 'module', name: 'peak' }),
  )
  const each = workers.map(
    (worker) =>
      new Promise<number>((resolve, reject) => {
        worker.addEventListener('message', ({ data }: MessageEvent<number>) => resolve(data))
        worker.addEventListener('error', () => reject(new Error('a thread that measures the peak has died')))
        worker.postMessage('go')
      }),
  )
  try {
    return (await Promise.all(each)).reduce((a, b) => a + b, 0)
  } finally {
    for (const worker of workers) worker.terminate()
  }
}

/** `GPUBufferUsage.STORAGE`. */
const STORAGE = 0x80
const INVOCATIONS = 64
const LOOPS = 64
/** Two vectors fit the registers of every device, those of adapters in software too. */
const NAMES = ['a', 'b']
const UNROLLED = Array.from({ length: 16 }, () => NAMES).flat()
const FLOPS_A_GROUP = INVOCATIONS * LOOPS * UNROLLED.length * 4 * 2
/** A dispatch: long beside the way to the device, short beside the time that other programs take. */
const DISPATCH_MS = 8
const MEASURE_MS = 150
const MOST_GROUPS = 65_535

/** Where one of the two is made of the other, the faster one counts. */
const RULES: readonly ((name: string) => string)[] = [(name) => `fma(${name}, m, c)`, (name) => `${name} * m + c`]

const shaderOf = (rule: (name: string) => string): string => `
@group(0) @binding(0) var<storage, read_write> result: array<vec4f>;
@compute @workgroup_size(${INVOCATIONS}) fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = vec4f(0.5);
  let c = vec4f(f32(id.x));
  ${NAMES.map((name) => `var ${name} = m;`).join('\n  ')}
  for (var i = 0; i < ${LOOPS}; i++) {
    ${UNROLLED.map((name) => `${name} = ${rule(name)};`).join('\n    ')}
  }
  result[id.x % ${INVOCATIONS}] = ${NAMES.join(' + ')};
}`

/** The same of a device: the best of many dispatches of products and sums in registers. */
export async function gpuPeak(adapter: GPUAdapter): Promise<number> {
  const device = await adapter.requestDevice()
  try {
    const buffer = device.createBuffer({ size: INVOCATIONS * 16, usage: STORAGE })
    const speeds: number[] = []
    for (const rule of RULES) speeds.push(await speedOf(device, buffer, shaderOf(rule)))
    return Math.max(...speeds)
  } finally {
    device.destroy()
  }
}

async function speedOf(device: GPUDevice, buffer: GPUBuffer, code: string): Promise<number> {
  const module = device.createShaderModule({ code })
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } })
  const entries = [{ binding: 0, resource: { buffer } }]
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries })
  const run = async (groups: number): Promise<number> => {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    pass.dispatchWorkgroups(groups)
    pass.end()
    const start = performance.now()
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
    return performance.now() - start
  }
  let groups = 16
  let ms = await run(groups)
  while (ms < DISPATCH_MS && groups < MOST_GROUPS) {
    groups = Math.min(MOST_GROUPS, 2 * groups)
    ms = await run(groups)
  }
  const begun = performance.now()
  while (performance.now() - begun < MEASURE_MS) ms = Math.min(ms, await run(groups))
  return (groups * FLOPS_A_GROUP * 1000) / ms
}
