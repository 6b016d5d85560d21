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
  type Plan,
  type Profiled,
  type Runtime,
  type TypedArray,
} from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'
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

type Timed = Omit<Profiled, 'values'> & { readonly plan: Plan }

/** Runs `body`, plans by `profile` where a backend has it; gives their times. */
async function withTimes(body: () => Promise<unknown>): Promise<Timed[]> {
  const times: Timed[] = []
  const before = ambient.onRun
  ambient.onRun = async ({ plan, executable }, inputs, keep) => {
    if (!executable.profile) return executable.run(inputs, keep)
    const { values, spans, totalMs } = await executable.profile(inputs, keep)
    times.push({ plan, spans, totalMs })
    return values
  }
  try {
    await body()
    return times
  } finally {
    ambient.onRun = before
  }
}

/** What clocks of devices round to. */
const TICK_MS = 0.1

function checkTimes({ steps }: Plan, { spans, totalMs }: Omit<Profiled, 'values'>): void {
  let end = 0
  const main = spans.filter((s) => s.lane === 0)
  for (const { startMs, endMs } of main) {
    require(startMs >= end - TICK_MS && endMs >= startMs, `profile: spans of lane 0 in order required, got ${startMs}`)
    end = endMs
  }
  require(end <= totalMs + TICK_MS, `profile: spans within ${totalMs} ms required, got one to ${end}`)
  const ran = new Set(main.map((s) => s.step))
  require(ran.size === steps.length, `profile: spans of all ${steps.length} steps required, got ${[...ran]}`)
}

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

  'a run that is timed does what others do, and says when each step ran': (create) =>
    withRuntime(create, async (runtime) => {
      const environment = runtime.variables()
      environment.name('w').set([1, 2])
      const step = environment.compile((ctx) => {
        const w = ctx.variable('w')
        const y = matmul(ctx.placeholder('x', [-1, 2]), w)
        return { y, loss: sum(y), w: assign(w, w.sub(sum(y))) }
      })
      const runs = await withTimes(() => step({ x: [[1, 1]] }))
      const again = await step({ x: [[1, 1]] })
      require(again.loss.item() === -3, `the second loss must be -3, got ${again.loss.item()}`)
      runs.forEach(({ plan, ...times }) => checkTimes(plan, times))
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
