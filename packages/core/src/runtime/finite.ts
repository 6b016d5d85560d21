import type { Program } from '../compile/program.ts'
import type { Blame, Extent } from '../errors.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { HostArray } from '../host.ts'
import type { ValueAttrs } from '../ops/leaf.ts'
import type { Shape } from '../shape.ts'
import type { Values } from './execute.ts'
import type { Prepared } from './planCache.ts'
import { blame, type Ask, type Culprit, type Tools } from './blame.ts'

/** Requires what runs give to be finite: results, then new values of variables. `ask` gives more values of the same
 * run. */
export interface Watch {
  /** @throws NaNError naming what made a NaN or an infinity */
  verify(
    program: Program,
    prepared: Pick<Prepared, 'results' | 'updates'>,
    values: Values,
    ask: (outputs: readonly Tensor[]) => Promise<readonly HostArray[]>,
  ): Promise<void>
  /** @throws NaNError */
  verifySync(
    program: Program,
    given: readonly HostArray[],
    ask: (outputs: readonly Tensor[]) => readonly HostArray[],
  ): void
}

export const createWatch = (tools: Tools): Watch => ({
  async verify(program, { results, updates }, values, ask) {
    const given = [...results, ...updates.map((u) => u.value)].map(async (value) => {
      const { given: at, backend, output } = values.get(value)!
      return tools.hostArray(ArrayBuffer.isView(at) ? at : await backend.download(at), output.shape, output.dtype)
    })
    const search = requireFinite(tools, program, await Promise.all(given))
    for (let next = search.next(); !next.done;) next = search.next(await ask(next.value))
  },
  verifySync(program, given, ask) {
    const search = requireFinite(tools, program, given)
    for (let next = search.next(); !next.done;) next = search.next(ask(next.value))
  },
})

function* requireFinite(tools: Tools, program: Program, given: readonly HostArray[]): Ask<void> {
  const targets = [...program.outputs, ...program.updates.map((u) => u.value)]
  const roots = targets.filter((_, i) => !numbersOf(given[i]).every(Number.isFinite))
  if (!roots.length) return
  const culprit = yield* blame(tools, program, roots)
  if (culprit) {
    const found = yield* blamed(culprit)
    throw new tools.NaNError(report(found), found)
  }
  const bad = given.find((host) => numbersOf(host).some(Number.isNaN))
  if (bad) throw new tools.NaNError(`run: numbers required, got ${placeIn(placed(bad))}, which no op makes by itself`)
}

function* blamed({ node, result }: Culprit): Ask<Blame> {
  const { op, attrs, inputs, origin } = node
  const [made, ...used] = yield [result, ...inputs]
  const { name = 'without a name' } = (attrs ?? {}) as ValueAttrs & { readonly name?: string }
  const leaf = op.form.kind === 'leaf' ? name : ''
  const { scope, pass } = origin
  return { op: op.name, leaf, scope, pass, ...placed(made), inputs: used.map(extentOf) }
}

function report(blame: Blame): string {
  const { op, leaf, scope, pass, inputs } = blame
  const what = placeIn(blame)
  const where = `${scope && ` in ${scope}`}${pass === 'backward' ? ' (backward)' : ''}`
  if (leaf) return `${op} ${leaf}: numbers required, got ${what}${where}; see where it comes from`
  const from = inputs.map((extent) => `${describe(extent)} ${rangeOf(extent)}`).join(' and ')
  return (
    `${op}: finite results required, got ${what} from ${from || 'no inputs'}${where}; ` +
    `keep the inputs where it is defined`
  )
}

const show = (shape: Shape): string => `[${shape.join(', ')}]`
const describe = ({ dtype, shape }: Pick<Extent, 'dtype' | 'shape'>): string => `${dtype} ${show(shape)}`

/** All elements, of float16 too; bools count as numbers. */
const numbersOf = (host: HostArray): readonly number[] => {
  if (host.dtype === 'float16') return ([host.array()] as readonly unknown[]).flat(Infinity) as number[]
  return Array.from<number>(host.data)
}

/** Where the first NaN of an array is, or else its first infinity. */
function placed(host: HostArray): Pick<Blame, 'value' | 'index' | 'count' | 'result'> {
  const numbers = numbersOf(host)
  const isNaNThere = numbers.some(Number.isNaN)
  const isMeant = (x: number): boolean => (isNaNThere ? Number.isNaN(x) : !Number.isFinite(x))
  const at = numbers.findIndex(isMeant)
  const index = positionOf(at, host.shape)
  return { value: numbers[at], index, count: numbers.filter(isMeant).length, result: extentOf(host) }
}

/** Such as `NaN at [0, 2], 3 of 8 in float32 [2, 4]`. */
function placeIn({ value, index, count, result }: ReturnType<typeof placed>): string {
  const size = result.shape.reduce((a, b) => a * b, 1)
  return `${value} at ${show(index)}, ${count} of ${size} in ${describe(result)}`
}

/** The indices of a row-major position. */
function positionOf(at: number, shape: Shape): number[] {
  const indices: number[] = []
  let rest = at
  for (const size of shape.toReversed()) {
    indices.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return indices
}

function extentOf(host: HostArray): Extent {
  let min = Infinity
  let max = -Infinity
  let nans = 0
  for (const x of numbersOf(host)) {
    if (Number.isNaN(x)) nans++
    else {
      min = Math.min(min, x)
      max = Math.max(max, x)
    }
  }
  const { dtype, shape } = host
  return { dtype, shape: [...shape], ...(min > max ? { min: NaN, max: NaN } : { min, max }), nans }
}

/** Such as `between -1 and 3`. */
const rangeOf = ({ min, max }: Extent): string =>
  Number.isNaN(min) ? 'without numbers' : `between ${rounded(min)} and ${rounded(max)}`

const rounded = (x: number): number => Number(x.toPrecision(6))
