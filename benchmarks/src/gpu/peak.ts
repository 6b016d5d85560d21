/** What a device can do, by kernels that do nothing else. */
export interface Peak {
  readonly gflops: number
  readonly gigabytesPerSecond: number
}

const THREADS = 64
const CHAINS = 8
const TURNS = 1024

/** Independent chains of fused multiplications and additions in registers. */
const multiplying = `@group(0) @binding(0) var<storage, read_write> to: array<f32>;
@compute @workgroup_size(${THREADS}) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = f32(id.x) * 1e-9;
  ${Array.from({ length: CHAINS }, (_, i) => `var c${i} = vec4<f32>(x + ${i}.0);`).join(' ')}
  for (var i = 0; i < ${TURNS}; i++) {
    ${Array.from({ length: CHAINS }, (_, i) => `c${i} = fma(c${i}, vec4<f32>(0.5), vec4<f32>(x));`).join(' ')}
  }
  let all = ${Array.from({ length: CHAINS }, (_, i) => `c${i}`).join(' + ')};
  to[id.x] = all.x + all.y + all.z + all.w;
}`
const copying = `@group(0) @binding(0) var<storage, read_write> to: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> from_: array<vec4<f32>>;
@compute @workgroup_size(${THREADS}) fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) n: vec3<u32>,
  @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * n.x + w.x) * ${THREADS}u + lane;
  if (i < arrayLength(&to)) { to[i] = from_[i]; }
}`

const STORAGE = 0x80
/** The first ready the kernel, and the clocks of a card that was idle. */
const WARM = 20
const REPEATS = 5

/** @param groups workgroups of the kernel that multiplies; @param bytes of the array that is copied */
export async function measurePeak(device: GPUDevice, groups: number, bytes: number): Promise<Peak> {
  const create = (size: number): GPUBuffer => device.createBuffer({ size, usage: STORAGE })
  const best = async (code: string, buffers: readonly GPUBuffer[], x: number, y: number): Promise<number> => {
    const module = device.createShaderModule({ code })
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    })
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
    const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries })
    const times: number[] = []
    for (let i = 0; i < WARM + REPEATS; i++) {
      const encoder = device.createCommandEncoder()
      const pass = encoder.beginComputePass()
      pass.setPipeline(pipeline)
      pass.setBindGroup(0, group)
      pass.dispatchWorkgroups(x, y)
      pass.end()
      const begin = performance.now()
      device.queue.submit([encoder.finish()])
      await device.queue.onSubmittedWorkDone()
      if (i >= WARM) times.push(performance.now() - begin)
    }
    for (const buffer of buffers) buffer.destroy()
    return Math.min(...times)
  }
  const multiplied = await best(multiplying, [create(4 * THREADS * groups)], groups, 1)
  const vectors = Math.ceil(bytes / 16 / THREADS)
  const rows = Math.ceil(vectors / 65_535)
  const copied = await best(copying, [create(bytes), create(bytes)], Math.ceil(vectors / rows), rows)
  return {
    gflops: (2 * 4 * CHAINS * TURNS * THREADS * groups) / multiplied / 1e6,
    gigabytesPerSecond: (2 * bytes) / copied / 1e6,
  }
}
