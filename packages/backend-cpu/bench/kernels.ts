// Time of each kernel at its best, and which part that is of what the core can do: of multiply-adds where arithmetic
// bounds it, of memory otherwise.
// node --conditions=@gradloom/source packages/backend-cpu/bench/kernels.ts [TEXT] [THREADS]
import { loadavg } from 'node:os'
import {
  add,
  allocate,
  createRuntime,
  exp,
  grad,
  hostArray,
  log,
  matmul,
  max,
  mul,
  pow,
  sigmoid,
  sizeOf,
  sum,
  tanh,
  transpose,
  type Backend,
  type DType,
  type Tensor,
} from '@gradloom/core'
import { createRng, cos, erf, sin } from '@gradloom/ops'
import {
  avgPool2d,
  conv2d,
  convTranspose2d,
  layerNorm,
  maxPool2d,
  scaledDotProductAttention,
  softmax,
} from '@gradloom/nn'
import { adam } from '@gradloom/optim'
import { cpu } from '../src/index.ts'
import { bandwidth, least, peakGflops } from './limits.ts'

type Shape = readonly number[]
interface Case {
  readonly name: string
  readonly shapes: readonly Shape[]
  readonly dtype?: DType
  /** A multiply-add counts twice. */
  readonly flops?: number
  /** Bytes read and written by a kernel that touches each element once. */
  readonly bytes?: number
  /** It writes next to nothing. */
  readonly reads?: true
  /** Elements, for functions that arithmetic bounds. */
  readonly elements?: number
  readonly of: (...inputs: readonly Tensor[]) => Tensor | readonly Tensor[]
}

const M = 1e6
const FEW = 2e5
// Runs of a few milliseconds at most: see `least`.
const image = [4, 32, 28, 28]
const kernel = [64, 32, 3, 3]
const output = [4, 64, 28, 28]
const convFlops = 2 * sizeOf(output) * 32 * 9
const heads = [1, 4, 256, 64]
const scores = 2 * 4 * 256 * 256 * 64
/** Gradients of y by x alone, from a cotangent that is there. */
const by = (y: Tensor, g: Tensor, ...x: readonly Tensor[]): readonly Tensor[] => grad([y], x, { cotangents: [g] })
const unary = (name: string, of: (x: Tensor) => Tensor): Case[] =>
  (['float32', 'float64'] as const).map((dtype) => ({
    name: `${name}, ${dtype}`,
    dtype,
    shapes: [[FEW]],
    elements: FEW,
    of,
  }))

const cases: readonly Case[] = [
  ...(
    [
      [64, 64, 64],
      [64, 128, 784],
      [256, 256, 256],
      [512, 512, 128],
      [512, 512, 512],
      [1024, 1024, 1024],
    ] as const
  ).flatMap(([m, n, k]): Case[] =>
    (['float32', 'float64'] as const).map((dtype) => ({
      name: `product ${m} x ${n} x ${k}, ${dtype}`,
      dtype,
      shapes: [
        [m, k],
        [k, n],
      ],
      flops: 2 * m * n * k,
      of: matmul,
    })),
  ),
  {
    name: 'product 256 x 256 x 256, A transposed',
    shapes: [
      [256, 256],
      [256, 256],
    ],
    flops: 2 * 256 ** 3,
    of: (a, b) => matmul(transpose(a), b),
  },
  {
    name: 'product 256 x 256 x 256, B transposed',
    shapes: [
      [256, 256],
      [256, 256],
    ],
    flops: 2 * 256 ** 3,
    of: (a, b) => matmul(a, transpose(b)),
  },
  {
    name: 'matrix 1024 x 1024 times vector',
    shapes: [
      [1024, 1024],
      [1024, 1],
    ],
    bytes: 4 * 1024 ** 2,
    reads: true,
    of: matmul,
  },
  {
    name: 'convolution 3 x 3',
    shapes: [image, kernel],
    flops: convFlops,
    of: (x, w) => conv2d(x, w, { padding: 'same' }),
  },
  {
    name: 'convolution 3 x 3, stride 2',
    shapes: [image, kernel],
    flops: convFlops / 4,
    of: (x, w) => conv2d(x, w, { padding: 1, stride: 2 }),
  },
  { name: 'convolution 1 x 1', shapes: [image, [64, 32, 1, 1]], flops: convFlops / 9, of: (x, w) => conv2d(x, w) },
  {
    name: 'convolution 3 x 3, input gradient',
    shapes: [image, kernel, output],
    flops: convFlops,
    of: (x, w, g) => by(conv2d(x, w, { padding: 'same' }), g, x),
  },
  {
    name: 'convolution 3 x 3, stride 2, input gradient',
    shapes: [image, kernel, [4, 64, 14, 14]],
    flops: convFlops / 4,
    of: (x, w, g) => by(conv2d(x, w, { padding: 1, stride: 2 }), g, x),
  },
  {
    name: 'convolution 3 x 3, weight gradient',
    shapes: [image, kernel, output],
    flops: convFlops,
    of: (x, w, g) => by(conv2d(x, w, { padding: 'same' }), g, w),
  },
  {
    name: 'transposed convolution 4 x 4, stride 2',
    shapes: [
      [4, 32, 14, 14],
      [32, 64, 4, 4],
    ],
    flops: 2 * 4 * 64 * 28 * 28 * 32 * 4,
    of: (x, w) => convTranspose2d(x, w, { stride: 2, padding: 1 }),
  },
  {
    name: 'depthwise 3 x 3',
    shapes: [image, [32, 1, 3, 3]],
    flops: 2 * sizeOf(image) * 9,
    of: (x, w) => conv2d(x, w, { padding: 'same', groups: 32 }),
  },
  {
    name: 'depthwise 3 x 3, weight gradient',
    shapes: [image, [32, 1, 3, 3], image],
    flops: 2 * sizeOf(image) * 9,
    of: (x, w, g) => by(conv2d(x, w, { padding: 'same', groups: 32 }), g, w),
  },
  {
    name: 'max pool 2 x 2, gradient',
    shapes: [image, [4, 32, 14, 14]],
    bytes: 4 * sizeOf(image) * 1.5,
    of: (x, g) => by(maxPool2d(x, { kernelSize: 2 }), g, x),
  },
  {
    name: 'max pool 2 x 2',
    shapes: [image],
    bytes: 4 * sizeOf(image) * 1.5,
    of: (x) => maxPool2d(x, { kernelSize: 2 }),
  },
  {
    name: 'max pool 3 x 3, stride 2',
    shapes: [image],
    bytes: 4 * sizeOf(image) * 1.5,
    of: (x) => maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }),
  },
  {
    name: 'average pool 3 x 3, stride 2',
    shapes: [image],
    bytes: 4 * sizeOf(image) * 1.25,
    of: (x) => avgPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }),
  },
  {
    name: 'attention',
    shapes: [heads, heads, heads],
    flops: 2 * scores,
    of: (q, k, v) => scaledDotProductAttention(q, k, v),
  },
  {
    name: 'attention, causal',
    shapes: [heads, heads, heads],
    flops: scores,
    of: (q, k, v) => scaledDotProductAttention(q, k, v, { causal: true }),
  },
  {
    name: 'attention and its gradient',
    shapes: [heads, heads, heads, heads],
    flops: 7 * scores,
    of: (q, k, v, g) => by(scaledDotProductAttention(q, k, v), g, q, k, v),
  },
  { name: 'add, 1e4', shapes: [[1e4], [1e4]], bytes: 12e4, of: add },
  { name: 'add, 1e6', shapes: [[M], [M]], bytes: 12 * M, of: add },
  { name: 'transpose 1024 x 1024', shapes: [[1024, 1024]], bytes: 8 * 1024 ** 2, of: (x) => add(transpose(x), 1) },
  { name: 'sum of 1e6', shapes: [[M]], bytes: 4 * M, reads: true, of: (x) => sum(x) },
  { name: 'sum of 1e7', shapes: [[1e7]], bytes: 4e7, reads: true, of: (x) => sum(x) },
  {
    name: 'sum over axis 0 of 1000 x 1000',
    shapes: [[1000, 1000]],
    bytes: 4 * M,
    reads: true,
    of: (x) => sum(x, { axis: 0 }),
  },
  {
    name: 'sum over axis 1 of 1000 x 1000',
    shapes: [[1000, 1000]],
    bytes: 4 * M,
    reads: true,
    of: (x) => sum(x, { axis: 1 }),
  },
  {
    name: 'max over axis 1 of 1000 x 1000',
    shapes: [[1000, 1000]],
    bytes: 4 * M,
    reads: true,
    of: (x) => max(x, { axis: 1 }),
  },
  { name: 'softmax 512 x 1000', shapes: [[512, 1000]], elements: 512e3, of: (x) => softmax(x) },
  {
    name: 'layer norm 4096 x 256',
    shapes: [[4096, 256], [256], [256]],
    bytes: 8 * 4096 * 256,
    of: (x, scale, bias) => layerNorm(x, { scale, bias }),
  },
  ...unary('exp', exp),
  ...unary('log', (x) => log(add(x, 2))),
  ...unary('tanh', tanh),
  ...unary('sigmoid', sigmoid),
  ...unary('erf', erf),
  ...unary('sin', sin),
  ...unary('cos', cos),
  { name: 'pow, float32', shapes: [[FEW], [FEW]], elements: FEW, of: (x, y) => pow(add(x, 2), y) },
  { name: 'uniform random numbers', shapes: [], elements: FEW, of: () => createRng(1).uniform([FEW]) },
]

/** Runs of the last plan that a runtime asked for, without what brings results to the host. */
function observed(inner: Backend): { readonly backend: Backend; run(): void } {
  let last: () => void = () => {}
  const prepare: Backend['prepare'] = async (plan, kernels) => {
    const whole = await inner.prepare(plan, kernels)
    const bare = await inner.prepare({ ...plan, outputs: [] }, kernels)
    return {
      ...whole,
      run: (inputs, keep) => {
        last = () => bare.runSync!(inputs, [])
        return whole.run(inputs, keep)
      },
    }
  }
  return { backend: { ...inner, prepare }, run: () => last() }
}

const [filter = '', threads = '1'] = process.argv.slice(2)
const peak = { float32: peakGflops('f32'), float64: peakGflops('f64') }
console.log(
  `load average ${loadavg()[0].toFixed(1)}; ${threads} threads; peak of one core: float32 ${peak.float32.toFixed(1)} GFLOPS, float64 ${peak.float64.toFixed(1)} GFLOPS`,
)
for (const byteLength of [16_384, 262_144, 4_194_304, 67_108_864]) {
  const { read, copy } = bandwidth(byteLength)
  console.log(`memory, ${byteLength / 1024} KiB: read ${read.toFixed(0)} GB/s, copy ${copy.toFixed(0)} GB/s`)
}
console.log('share: of the peak of one core, or of a copy or read of as many bytes')

const report = (
  name: string,
  ms: number,
  { flops, bytes, elements, reads, dtype = 'float32' }: Partial<Omit<Case, 'of'>>,
): void => {
  const [rate, share] = flops
    ? [`${(flops / ms / 1e6).toFixed(1)} GFLOPS`, flops / ms / 1e6 / peak[dtype as keyof typeof peak]]
    : bytes
      ? [`${(bytes / ms / 1e6).toFixed(1)} GB/s`, bytes / ms / 1e6 / bandwidth(bytes)[reads ? 'read' : 'copy']]
      : [`${((ms * 1e6) / elements!).toFixed(2)} ns an element`, null]
  console.log(
    `${name.padEnd(46)}${ms.toFixed(3).padStart(9)} ms ${rate.padStart(20)}${share === null ? '' : `  ${(100 * share).toFixed(0)} %`}`,
  )
}

for (const c of [...cases, { name: 'Adam update of 1e6', shapes: [], bytes: 28 * M, of: null } as const].filter(
  ({ name }) => name.includes(filter),
)) {
  const watched = observed(cpu({ threads: Number(threads), placement: 'inline' }))
  const runtime = createRuntime({ backends: [watched.backend] })
  const env = runtime.variables()
  const set = (name: string, shape: Shape, dtype: DType = 'float32'): void => {
    const data = allocate(dtype, sizeOf(shape))
    for (let i = 0; i < data.length; i++) data[i] = Math.sin(12.9898 * i + 1)
    env.name(name).set(hostArray(data, shape))
  }
  if (c.of) c.shapes.forEach((shape, i) => set(`x${i}`, shape, c.dtype))
  else for (const name of ['parameter', 'gradient']) set(name, [M])
  const step = env.compile((ctx) =>
    c.of
      ? Object.fromEntries([c.of(...c.shapes.map((_, i) => ctx.variable(`x${i}`)))].flat().map((y, i) => [`y${i}`, y]))
      : {
          train: adam().minimize(sum(mul(ctx.variable('parameter'), ctx.variable('gradient'))), [
            ctx.variable('parameter'),
          ]),
        },
  )
  await step({})
  report(c.name, least(watched.run), c)
  await runtime.close()
}
