import type { Program } from '../compile/program.ts'
import type { Meta } from '../graph/meta.ts'
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
  if (culprit) throw new tools.NaNError(yield* report(culprit))
  const bad = given.find((host) => numbersOf(host).some(Number.isNaN))
  if (bad) throw new tools.NaNError(`run: numbers required, got ${placeIn(bad)}, which no op makes by itself`)
}

function* report({ node, result }: Culprit): Ask<string> {
  const { op, attrs, inputs, origin } = node
  const [made, ...used] = yield [result, ...inputs]
  const what = placeIn(made)
  const where = `${origin.scope && ` in ${origin.scope}`}${origin.pass === 'backward' ? ' (backward)' : ''}`
  if (op.form.kind === 'leaf') {
    const { name = '' } = attrs as ValueAttrs & { readonly name?: string }
    return `${op.name} ${name}: numbers required, got ${what}${where}; see where it comes from`
  }
  const from = used.map((host) => `${describe(host)} ${rangeOf(host)}`).join(' and ')
  return (
    `${op.name}: finite results required, got ${what} from ${from || 'no inputs'}${where}; ` +
    `keep the inputs where it is defined`
  )
}

const show = (shape: Shape): string => `[${shape.join(', ')}]`
const describe = ({ dtype, shape }: Meta): string => `${dtype} ${show(shape)}`

/** All elements, of float16 too; bools count as numbers. */
const numbersOf = (host: HostArray): readonly number[] => {
  if (host.dtype === 'float16') return ([host.array()] as readonly unknown[]).flat(Infinity) as number[]
  return Array.from<number>(host.data)
}

/** Such as `NaN at [0, 2], 3 of 8 in float32 [2, 4]`. */
function placeIn(host: HostArray): string {
  const numbers = numbersOf(host)
  const isNaNThere = numbers.some(Number.isNaN)
  const isMeant = (x: number): boolean => (isNaNThere ? Number.isNaN(x) : !Number.isFinite(x))
  const at = numbers.findIndex(isMeant)
  const count = numbers.filter(isMeant).length
  return `${numbers[at]} at ${show(positionOf(at, host.shape))}, ${count} of ${numbers.length} in ${describe(host)}`
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

/** Such as `between -1 and 3`. */
function rangeOf(host: HostArray): string {
  let low = Infinity
  let high = -Infinity
  for (const x of numbersOf(host)) {
    low = Math.min(low, Number.isNaN(x) ? low : x)
    high = Math.max(high, Number.isNaN(x) ? high : x)
  }
  return low > high ? 'without numbers' : `between ${rounded(low)} and ${rounded(high)}`
}

const rounded = (x: number): number => Number(x.toPrecision(6))
