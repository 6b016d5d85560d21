import {
  add,
  assign,
  createRuntime,
  matmul,
  mul,
  sum,
  take,
  tensor,
  type Backend,
  type DType,
  type Runtime,
  type TypedArray,
} from '@gradloom/core'
import { cumsum, sin } from '@gradloom/ops'
import { describeError } from './errors.ts'

type Create = () => Backend

function require(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

async function rejects(promise: Promise<unknown>, name: string, ...mentions: string[]): Promise<void> {
  const wrong = await promise.then(
    () => `${name} required, got no error`,
    (error: unknown) => describeError(error, name, mentions),
  )
  if (wrong) throw new Error(wrong)
}

async function withRuntime(create: Create, body: (runtime: Runtime) => Promise<void>): Promise<void> {
  const runtime = createRuntime({ backends: [create()] })
  try {
    await body(runtime)
  } finally {
    await runtime.close()
  }
}

const data: { readonly [D in DType]?: TypedArray } = {
  float32: Float32Array.of(1.5, -0, NaN, Infinity, 1e-40),
  float64: Float64Array.of(0.1, NaN, -Infinity, 5e-324),
  int32: Int32Array.of(-(2 ** 31), 7),
  uint32: Uint32Array.of(2 ** 32 - 1, 0),
  bool: Uint8Array.of(1, 0, 1),
}
const same = (a: TypedArray, b: TypedArray): boolean =>
  a.constructor === b.constructor && a.length === b.length && a.every((v: number, i: number) => Object.is(v, b[i]))

/** What every backend keeps, whatever it computes. */
export const contract: { readonly [title: string]: (create: Create) => Promise<void> } = {
  'buffers keep their bits, and know when they are disposed': async (create) => {
    const backend = create()
    await backend.start()
    for (const dtype of backend.capabilities.dtypes) {
      const values = data[dtype]
      if (!values) continue
      const before = backend.memory().buffers
      const buffer = await backend.upload(values, dtype)
      const got = await backend.download(buffer)
      require(same(got, values), `upload and download: ${dtype} ${Array.from(values)} required, got ${Array.from(got)}`)
      require(buffer.dtype === dtype &&
        buffer.size === values.length &&
        !buffer.disposed, `upload: a live ${dtype} buffer of ${values.length} elements required`)
      require(backend.memory().buffers > before, 'memory: an uploaded buffer must count')
      buffer.dispose()
      buffer.dispose()
      require(buffer.disposed && backend.memory().buffers === before, 'dispose: it must free the buffer, once')
      await rejects(backend.download(buffer), 'DisposedError')
    }
    await backend.close()
  },

  'downloads and results are copies': (create) =>
    withRuntime(create, async (runtime) => {
      const environment = runtime.variables()
      environment.name('v').set([1, 2])
      const first = await environment.name('v').get()
      first.data[0] = 9
      require((await environment.name('v').get()).data[0] === 1, 'download: a copy required')
    }),

  'a step updates variables after all reads, and runs again': (create) =>
    withRuntime(create, async (runtime) => {
      const environment = runtime.variables()
      environment.name('a').set([1, 2])
      environment.name('b').set([10, 20])
      const swap = environment.compile((ctx) => {
        const a = ctx.variable('a')
        const b = ctx.variable('b')
        return { old: sum(a), a: assign(a, b), b: assign(b, add(a, b)) }
      })
      const sums = [(await swap()).old.item(), (await swap()).old.item(), (await swap()).old.item()]
      require(String(sums) === '3,30,33', `three runs must give 3, 30, 33, got ${sums}`)
      const [a, b] = [(await environment.name('a').get()).data, (await environment.name('b').get()).data]
      require(`${a}|${b}` === '21,42|32,64', `variables after three runs must be 21,42|32,64, got ${a}|${b}`)
    }),

  'an index out of range names op, value and position, and leaves variables alone': (create) =>
    withRuntime(create, async (runtime) => {
      const environment = runtime.variables()
      environment.name('w').set([1, 2, 3])
      const step = environment.compile((ctx) => {
        const w = ctx.variable('w')
        const at = ctx.placeholder('at', [-1], 'int32')
        return { picked: sum(take(w, at)), train: assign(w, mul(w, 2)) }
      })
      await step({ at: Int32Array.of(0, -3) })
      await rejects(step({ at: Int32Array.of(0, 7) }), 'IndexError', 'take', '7', 'position 1')
      await rejects(step({ at: Int32Array.of(-4) }), 'IndexError', '-4', 'position 0')
      const { data: w } = await environment.name('w').get()
      require(String(w) === '2,4,6', `variables must stay 2,4,6, got ${w}`)
      require((await step({ at: Int32Array.of(2) })).picked.item() === 6, 'a step must run again after one failed')
    }),

  'runs of several sizes do not disturb one another': (create) =>
    withRuntime(create, async (runtime) => {
      await runtime.run(async (ctx) => {
        const x = ctx.placeholder('x', [-1, 2])
        const y = sum(
          matmul(x, [
            [1, 2],
            [3, 4],
          ]),
          { axis: 0 },
        )
        const of = async (rows: number): Promise<string> =>
          String(
            (
              await ctx
                .evaluator()
                .push(y)
                .feed(
                  x,
                  Array.from({ length: rows }, () => [1, 1]),
                )
                .run()
            )[0].data,
          )
        const got = [await of(1), await of(3), await of(1)]
        const together = await Promise.all([of(2), of(5), of(2)])
        require(String([...got, ...together]) ===
          '4,6,12,18,4,6,8,12,20,30,8,12', `each run must give its own rows, got ${got} and ${together}`)
      })
    }),

  'the same program gives the same bits again': (create) =>
    withRuntime(create, async (runtime) => {
      await runtime.run(async (ctx) => {
        const x = ctx.placeholder('x', [300])
        const y = [sum(sin(x)), cumsum(sin(x))]
        const of = async (): Promise<string> =>
          (
            await ctx
              .evaluator()
              .push(...y)
              .feed(
                x,
                Float32Array.from({ length: 300 }, (_, i) => i / 7),
              )
              .run()
          )
            .map((h) => String(h.data))
            .join()
        require((await of()) === (await of()), 'equal bits required')
      })
    }),

  'a closed backend says so': async (create) => {
    const runtime = createRuntime({ backends: [create()] })
    const y = sin(tensor([1, 2]))
    await runtime.ready()
    await runtime.close()
    await rejects(runtime.evaluate([y]), 'BackendError')
  },
}
