import { batch, signal } from '@preact/signals'
import { ROWS, type Column, type FromBench, type Measured, type RowName, type ToBench } from '../../bench/messages.ts'
import { announce } from '../../shell/announce.ts'
import { claimCores } from '../../shell/cores.ts'
import { alone } from '../../shell/isolation.ts'
import { parseLink, words, type Schema } from '../../shell/link.ts'
import { note, route } from '../../shell/route.ts'

/** Rows that are measured, by their names. */
export const schema: Schema<{ readonly rows: string }> = { rows: words('Rows', '', 200) }
export const phase = signal<'idle' | 'running' | 'finished' | 'failed' | 'stopped'>('idle')
export const rows = signal<ReadonlySet<RowName>>(new Set(ROWS.map(([name]) => name)))
export const results = signal<ReadonlyMap<string, Measured>>(new Map())
/** Of columns by their names: what they compute on and can do at most, or why they cannot. */
export const devices = signal<ReadonlyMap<string, { readonly device: string; readonly peak: number }>>(new Map())
export const absent = signal<ReadonlyMap<string, string>>(new Map())
export const now = signal<string | null>(null)
export const change = signal<number | null>(null)
export const tickMs = signal<number | null>(null)
export const failure = signal('')
export const repairs = signal<readonly string[]>([])

export const keyOf = (row: RowName, column: string): string => `${row} | ${column}`

/** Backends with their threads. */
export function columns(): readonly Column[] {
  const threads = alone.value ? 1 : navigator.hardwareConcurrency
  return [
    { name: 'CPU, 1 thread', threads: 1, backend: 'cpu' },
    ...(threads > 1 ? [{ name: `CPU, ${threads} threads`, threads, backend: 'cpu' } as const] : []),
    ...('gpu' in navigator ? [{ name: 'WebGPU', threads: 0, backend: 'webgpu' } as const] : []),
  ]
}

let worker: Worker | null = null
function take(message: FromBench): void {
  if (message.type === 'measuring') now.value = keyOf(message.row, message.column)
  else if (message.type === 'measured')
    results.value = new Map([...results.value, [keyOf(message.row, message.column), message.measured]])
  else if (message.type === 'device') devices.value = new Map([...devices.value, [message.column, message]])
  else if (message.type === 'absent') absent.value = new Map([...absent.value, [message.column, message.reason]])
  else if (message.type === 'again') change.value = message.change
  else if (message.type === 'done') {
    tickMs.value = message.tickMs
    end('finished')
  } else {
    failure.value = message.message
    end('failed')
  }
}
function end(how: typeof phase.value): void {
  worker?.terminate()
  worker = null
  now.value = null
  phase.value = how
  announce(`The benchmark has ${how}.`)
}
export function start(): void {
  // Nothing else computes meanwhile.
  claimCores()
  worker?.terminate()
  batch(() => {
    results.value = new Map()
    devices.value = new Map()
    absent.value = new Map()
    change.value = null
    phase.value = 'running'
  })
  const fresh = new Worker(new URL('../../bench/bench.ts', import.meta.url), { type: 'module', name: 'bench' })
  worker = fresh
  fresh.addEventListener('message', ({ data }: MessageEvent<FromBench>) => {
    if (fresh === worker) batch(() => take(data))
  })
  fresh.addEventListener('error', (event) => {
    event.preventDefault()
    if (fresh === worker) take({ type: 'failed', message: event.message || 'the worker has died' })
  })
  const wanted = ROWS.map(([name]) => name).filter((name) => rows.value.has(name))
  fresh.postMessage({ rows: wanted, columns: columns() } satisfies ToBench)
}
export const stop = (): void => {
  if (worker) end('stopped')
}
export function toggle(row: RowName): void {
  const next = new Set(rows.value)
  if (!next.delete(row)) next.add(row)
  rows.value = next
  const all = next.size === ROWS.length
  note('bench', all ? '' : `?v=1&rows=${[...next].map((name) => name.replace(' ', '-')).join('.')}`)
}

export function open(): void {
  const { values, repairs: wrong } = parseLink(schema, route.value.params)
  const wanted = values.rows.split('.').filter(Boolean)
  const names = ROWS.map(([name]) => name)
  const known = names.filter((name) => wanted.includes(name.replace(' ', '-')))
  const others = wanted.filter((one) => !names.some((name) => one === name.replace(' ', '-')))
  repairs.value = [...wrong, ...others.map((one) => `There is no row ‘${one.slice(0, 40)}’.`)]
  rows.value = new Set(known.length ? known : names)
}
