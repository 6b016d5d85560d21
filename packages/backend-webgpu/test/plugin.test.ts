import { cpu, type CpuKernel } from '@gradloom/backend-cpu'
import {
  add,
  apply,
  applyAll,
  assign,
  createRuntime,
  defineOp,
  mul,
  sizeOf,
  tensor,
  type Op,
  type Plugin,
  type Tensor,
} from '@gradloom/core'
import { conv2d, maxPool2d } from '@gradloom/nn'
import { cond, scan } from '@gradloom/ops'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { webgpu, type KernelLimits, type WebgpuKernel, type WebgpuShader } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'
import { watchedGpu } from './watched-gpu.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 180_000 })

/** y[t] = x[t] + decay y[t - 1] along the last axis: an invocation a row. */
const leakyOp: Op<{ decay: number }> = defineOp({ name: 'acme/leaky', infer: ([x]) => x })
const leaky: WebgpuKernel<{ decay: number }> = ({ inputs: [x], attrs: { decay } }) => {
  const size = x.shape.at(-1) ?? 1
  const code = `
struct Sum { value: f32 }
fn next(before: f32, x: f32) -> f32 { return x + ${decay} * before; }
fn kernel(row: i32) {
  var sum = Sum();
  for (var t = 0; t < ${size}; t++) {
    sum.value = next(sum.value, input0(row * ${size} + t));
    setOutput0(row * ${size} + t, sum.value);
  }
}`
  return { code, invocations: sizeOf(x.shape) / Math.max(1, size) }
}
const onCpu: CpuKernel<{ decay: number }> = ({ inputs: [x], outputs: [y], attrs: { decay } }) => {
  const size = x.shape.at(-1) ?? 1
  for (let i = 0; i < x.data.length; i++) y.data[i] = x.data[i] + (i % size ? decay * y.data[i - 1] : 0)
}

/** Where `mask` holds, a + b, else a; and whether that is odd: inputs and outputs of three dtypes. */
const pickOp: Op = defineOp({
  name: 'acme/pick',
  infer: ([mask]) => [
    { shape: mask.shape, dtype: 'int32' },
    { shape: mask.shape, dtype: 'bool' },
  ],
})
const pick: WebgpuKernel = ({ inputs: [mask] }) => ({
  code: `
fn kernel(i: i32) {
  let picked = select(input1(i), input1(i) + i32(input2(i)), input0(i));
  setOutput0(i, picked);
  setOutput1(i, (picked & 1) != 0);
}`,
  invocations: sizeOf(mask.shape),
})

/** Each row divided by its greatest: two shaders, the second reads what the first has written, with shared memory. */
const scaleOp: Op = defineOp({ name: 'acme/scale', infer: ([x]) => x })
const scale: WebgpuKernel = ({ inputs: [{ shape }] }) => {
  const [rows, size] = shape
  const copy: WebgpuShader = { code: 'fn kernel(i: i32) { setOutput0(i, input0(i)); }', invocations: rows * size }
  const code = `
var<workgroup> greatest: array<f32, 8>;
fn kernel(row: i32, lane: i32) {
  var most = -1e30;
  for (var c = lane; c < ${size}; c += 8) { most = max(most, output0(row * ${size} + c)); }
  greatest[lane] = most;
  workgroupBarrier();
  for (var i = 0; i < 8; i++) { most = max(most, greatest[i]); }
  for (var c = lane; c < ${size}; c += 8) { setOutput0(row * ${size} + c, output0(row * ${size} + c) / most); }
}`
  return [copy, { code, workgroups: rows, workgroupSize: 8 }]
}

const acme: Plugin = {
  name: 'acme',
  ops: [leakyOp, pickOp, scaleOp],
  kernels: {
    cpu: { [leakyOp.name]: onCpu },
    webgpu: { [leakyOp.name]: leaky, [pickOp.name]: pick, [scaleOp.name]: scale },
  },
}

const ADAPTERS: Readonly<Record<string, Partial<KernelLimits>>> = {
  'arrays in bindings of their own': {},
  'neighbours in one binding': { maxStorageBuffersPerShaderStage: 3 },
  'arrays in pieces, dispatches folded': { maxStorageBufferBindingSize: 1024, maxComputeWorkgroupsPerDimension: 3 },
}
describe.each(Object.entries(ADAPTERS))('a kernel of a plugin, with %s', (_, limits) => {
  const rt = createRuntime({ backends: [webgpu({ gpu: nodeGpu, limits })], plugins: [acme] })
  const other = createRuntime({ backends: [cpu()], plugins: [acme] })
  afterAll(() => Promise.all([rt.close(), other.close()]))
  const run = async (...ys: readonly Tensor[]): Promise<unknown[]> => (await rt.evaluate(ys)).map((y) => y.array())

  it.each(['float32', 'float16'] as const)('reads and writes %s', async (dtype) => {
    const x = tensor(
      Array.from({ length: 90 }, (__, r) => [r / 4, -r, r + 0.5, 2]),
      { dtype },
    )
    const y = apply(leakyOp, [x], { decay: 0.5 })
    const [[got], [wanted]] = [await rt.evaluate([y]), await other.evaluate([y])]
    expect(got.dtype).toBe(dtype)
    expect(got.array()).toEqual(wanted.array())
  })

  it('reads and writes bools and whole numbers, in several outputs', async () => {
    const each = Array.from({ length: 300 }, (__, i) => i)
    const mask = tensor(each.map((i) => i % 3 === 0))
    const a = tensor(
      each.map((i) => -i),
      { dtype: 'int32' },
    )
    const b = tensor(
      each.map((i) => 2 * i + 1),
      { dtype: 'uint32' },
    )
    const picked = each.map((i) => (i % 3 === 0 ? i + 1 : -i))
    expect(await run(...applyAll(pickOp, [mask, a, b], undefined))).toEqual([picked, picked.map((v) => v % 2 !== 0)])
  })

  it('may be several shaders, share memory of a workgroup and wait there', async () => {
    const rows = Array.from({ length: 7 }, (__, r) => Array.from({ length: 13 }, (___, c) => ((5 * c) % 13) + r + 1))
    expect(await run(apply(scaleOp, [tensor(rows)]))).toEqual([
      rows.map((row, r) => row.map((v) => Math.fround(v / (13 + r)))),
    ])
  })

  it('takes arrays without elements', async () => {
    const none = tensor(new Float32Array(0)).reshape([0, 4])
    const columns = tensor(new Float32Array(0)).reshape([3, 0])
    expect(await run(apply(leakyOp, [none], { decay: 2 }), apply(scaleOp, [none]))).toEqual([[], []])
    expect(await run(apply(scaleOp, [columns]))).toEqual([[[], [], []]])
  })

  it('stands twice in a plan, beside loops, with equal names in its code', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    const [y, z] = [apply(leakyOp, [x], { decay: 1 }), apply(leakyOp, [x], { decay: 3 })]
    expect(await run(y, z, add(apply(leakyOp, [y], { decay: 1 }), z))).toEqual([
      [
        [1, 3],
        [3, 7],
      ],
      [
        [1, 5],
        [3, 13],
      ],
      [
        [2, 9],
        [6, 23],
      ],
    ])
  })

  it('runs in bodies of loops and in the branch that is taken', async () => {
    const step = (c: Tensor): Tensor => apply(leakyOp, [c], { decay: 1 })
    const [last, all] = scan((c, x) => [step(mul(c, x)), step(c)], tensor([1, 1]), tensor([1, 2, 3]))
    expect(await run(last, all)).toEqual([
      [6, 24],
      [
        [1, 2],
        [1, 3],
        [2, 8],
      ],
    ])
    const either = (is: boolean): Tensor => cond(tensor(is), step, (c) => mul(c, 5), tensor([1, 2]))
    expect(await run(either(true), either(false))).toEqual([
      [1, 3],
      [5, 10],
    ])
  })
})

/** The kernel that a test gives, for an op that hands on its input. */
const triedOp: Op = defineOp({ name: 'acme/tried', infer: ([x]) => x })
const trying = (kernel: unknown, ...backends: readonly ReturnType<typeof webgpu>[]) =>
  createRuntime({
    backends: [...backends, webgpu({ gpu: nodeGpu })],
    plugins: [{ name: 'acme', ops: [triedOp], kernels: { webgpu: { [triedOp.name]: kernel } } }],
  })
const y = apply(triedOp, [tensor([1, 2, 3])])

describe('a kernel of a plugin that is wrong', () => {
  const told: readonly [string, unknown, RegExp][] = [
    [
      'what the compiler says, by the line of its own code',
      () => ({ code: 'const two = 2f;\nfn kernel(i: i32) {\n  setOutput0(i, two * inputs(i));\n}', invocations: 3 }),
      /acme\/tried: .*line 3 "setOutput0\(i, two \* inputs\(i\)\);": unresolved.*inputs/,
    ],
    [
      'a dtype that its code mistakes',
      () => ({ code: 'fn kernel(i: i32) { setOutput0(i, 1u); }', invocations: 3 }),
      /acme\/tried: .*line 1 .*u32.*f32|acme\/tried: .*line 1 .*f32.*u32/,
    ],
    ['that there is no function kernel', () => ({ code: 'fn main2() {}', invocations: 3 }), /acme\/tried: .*kernel/],
    [
      'a workgroup that the device has not',
      () => ({ code: 'fn kernel(group: i32, lane: i32) {}', workgroups: 1, workgroupSize: 1e5 }),
      /acme\/tried: .*100000/,
    ],
    ...(
      [
        ['sizes that are none', {}, 'undefined, undefined, undefined'],
        ['half an invocation', { invocations: 2.5 }, '2.5, undefined, undefined'],
        ['invocations below none', { invocations: -1 }, '-1, undefined, undefined'],
        ['invocations in words', { invocations: '3' }, '3, undefined, undefined'],
        ['workgroups without a size', { workgroups: 1 }, 'undefined, 1, undefined'],
        ['a size without workgroups', { workgroupSize: 8 }, 'undefined, undefined, 8'],
        ['half a workgroup', { workgroups: 0.5, workgroupSize: 8 }, 'undefined, 0.5, 8'],
        ['workgroups of none', { workgroups: 1, workgroupSize: 0 }, 'undefined, 1, 0'],
        ['a broken size', { workgroups: 1, workgroupSize: 1.5 }, 'undefined, 1, 1.5'],
        ['a size in words', { workgroups: 1, workgroupSize: '8' }, 'undefined, 1, 8'],
        ['both kinds', { invocations: 3, workgroups: 1, workgroupSize: 8 }, '3, 1, 8'],
        ['invocations with workgroups', { invocations: 3, workgroups: 1 }, '3, 1, undefined'],
        ['invocations with a size', { invocations: 3, workgroupSize: 8 }, '3, undefined, 8'],
      ] as const
    ).map(([what, counts, got]): (typeof told)[number] => [
      what,
      () => ({ code: 'fn kernel(i: i32) {}', ...counts }),
      new RegExp(`acme/tried: .*whole numbers .*required, got object: ${got}$`),
    ]),
    ['nothing', () => undefined, /acme\/tried: code .* got undefined:/],
    ['code alone', () => 'fn kernel(i: i32) {}', /acme\/tried: code .* got fn kernel/],
    ['a promise that fails', () => Promise.reject(new Error('late')), /acme\/tried: code .* got promise:/],
    ['code that is none', () => ({ workgroups: 1, workgroupSize: 1 }), /acme\/tried: code /],
    ['a promise', async () => ({}), /acme\/tried: code /],
    ['what it throws', () => JSON.parse('{'), /acme\/tried: the kernel failed: SyntaxError/],
    ['that it is no function', 'kernel', /acme\/tried: the kernel failed: TypeError/],
  ]
  it.each(told)('is told: %s', async (_, kernel, message) => {
    const rt = trying(kernel)
    await expect(rt.evaluate([y])).rejects.toMatchObject({
      name: 'KernelError',
      code: 'KERNEL',
      message: expect.stringMatching(message) as string,
    })
    // Nothing is left of it.
    const [fine] = await rt.evaluate([mul(tensor([1, 2]), 2)])
    expect(fine.array()).toEqual([2, 4])
    await rt.close()
  })
})

it('a kernel of a plugin is compiled once for all plans, and nothing is made in steady runs', async () => {
  const watched = watchedGpu()
  const rt = createRuntime({ backends: [webgpu({ gpu: watched.gpu })], plugins: [acme] })
  const env = rt.variables()
  env.name('w').set([1, 0, 0, 0])
  const compile = (decay: number) =>
    env.compile((ctx) => {
      const w = ctx.variable('w')
      return { before: w, next: assign(w, apply(leakyOp, [w], { decay })) }
    })
  const [first, second] = [compile(1), compile(1)]
  for (let i = 0; i < 2; i++) await first({})
  const shaders = watched.count('createShaderModule')
  await second({})
  const made = () => watched.count('createShaderModule', 'createComputePipelineAsync', 'createBuffer')
  const before = made()
  for (let i = 0; i < 5; i++) await first({})
  expect((await second({})).before.array()).toEqual([1, 8, 36, 120])
  expect(made()).toBe(before)
  expect(watched.count('createShaderModule')).toBe(shaders)
  await rt.close()
})

it('a kernel of a plugin runs again after the device was lost', async () => {
  const watched = watchedGpu()
  const rt = createRuntime({ backends: [webgpu({ gpu: watched.gpu })], plugins: [acme] })
  const env = rt.variables()
  env.name('w').set([1, 0, 0, 0])
  const step = env.compile((ctx) => {
    const w = ctx.variable('w')
    return { before: w, next: assign(w, apply(leakyOp, [w], { decay: 1 })) }
  })
  await step({})
  watched.devices[0].destroy()
  await expect(step({})).rejects.toMatchObject({ name: 'DeviceLostError', code: 'DEVICE_LOST' })
  await rt.recover()
  expect((await step({})).before.array()).toEqual([1, 1, 1, 1])
  expect((await env.name('w').get()).array()).toEqual([1, 2, 3, 4])
  await rt.close()
})

it("a kernel of a plugin goes before the backend's own, which nothing is joined with", async () => {
  const fill =
    (value: number): WebgpuKernel =>
    ({ outputs: [{ shape }] }) => ({
      code: `fn kernel(i: i32) { setOutput0(i, ${value}); }`,
      invocations: sizeOf(shape),
    })
  const replaced = (name: string, value: number): Plugin => ({
    name,
    ops: [defineOp({ name, infer: ([x]) => x })],
    kernels: { webgpu: { [name]: fill(value) } },
  })
  const results = async (...plugins: readonly Plugin[]): Promise<readonly number[]> => {
    const x = tensor(new Float32Array(64).fill(1)).reshape([1, 1, 8, 8])
    const convolved = add(conv2d(x, tensor(new Float32Array(9).fill(1)).reshape([1, 1, 3, 3]), { padding: 1 }), 1)
    const pooled = maxPool2d(convolved, { kernelSize: 2 })
    const rt = createRuntime({ backends: [webgpu({ gpu: nodeGpu })], plugins })
    const found = await rt.evaluate([convolved, pooled])
    await rt.close()
    return found.map((f) => f.data[0] as number)
  }
  expect(await results()).toEqual([5, 10])
  expect(await results(replaced('convolution', 7))).toEqual([8, 8])
  expect(await results(replaced('maxPool', 3))).toEqual([5, 3])
})
