import { parseArgs } from 'node:util'

/** A flag that takes a number where its default is one (whole and from `low`, 0 where absent), and a string elsewhere.
 * */
export interface Flag<T extends string | number | undefined = string | number | undefined> {
  readonly default: T
  readonly about: string
  readonly low?: number
  /** Fractions are fine. */
  readonly fraction?: boolean
}
type Values<F extends Record<string, Flag>> = {
  readonly [K in keyof F]: F[K]['default'] extends number
    ? number
    : F[K]['default'] extends string
      ? string
      : string | undefined
}

/** What the command line asks for, by name. Ends the program where it asks for help, or makes no sense. */
export function readFlags<const F extends Record<string, Flag>>(
  args: readonly string[],
  about: string,
  flags: F,
): Values<F> {
  const lines = Object.entries(flags).map(
    ([name, f]) => `  --${name.padEnd(16)}${f.about}${f.default === undefined ? '' : ` (${f.default})`}`,
  )
  const help = [about, ...lines, `  --${'help'.padEnd(16)}prints this`].join('\n')
  try {
    const options: Record<string, { type: 'string' | 'boolean' }> = { help: { type: 'boolean' } }
    for (const name of Object.keys(flags)) options[name] = { type: 'string' }
    const { values } = parseArgs({ args: [...args], options })
    if (!values.help)
      return Object.fromEntries(
        Object.entries(flags).map(([name, f]) => [name, valueOf(name, f, values[name] as string | undefined)]),
      ) as Values<F>
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    process.exit(2)
  }
  console.log(help)
  process.exit(0)
}

function valueOf(
  name: string,
  { default: initial, low = 0, fraction = false }: Flag,
  given: string | undefined,
): string | number | undefined {
  if (given === undefined || typeof initial !== 'number') return given ?? initial
  const value = Number(given)
  if (given.trim() && value >= low && Number.isFinite(value) && (fraction || Number.isInteger(value))) return value
  throw new RangeError(`--${name}: a${fraction ? '' : ' whole'} number from ${low} required, got '${given}'`)
}
