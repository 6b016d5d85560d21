import { useEffect } from 'preact/hooks'
import { ROWS, type Measured } from '../../bench/messages.ts'
import { saveText } from '../../chart/save.ts'
import { duration, gflops } from '../../format.ts'
import { capabilities } from '../../shell/capabilities.ts'
import { route } from '../../shell/route.ts'
import { Button, Repairs, Trouble } from '../../ui/controls.tsx'
import * as store from './store.ts'
import './bench.css'

export default function Bench() {
  useEffect(() => store.open(), [route.value])
  // Other pages compute as they are opened.
  useEffect(() => store.stop, [])
  const { value: phase } = store.phase
  const isRunning = phase === 'running'
  const columns = store.columns()
  const hasResults = store.results.value.size > 0
  const [, gpu] = capabilities()
  const tick = store.tickMs.value === null ? '' : ` The clock's step is ${duration(store.tickMs.value)}.`
  return (
    <div class="stack">
      <h2 class="hidden">Bench</h2>
      <Repairs list={store.repairs} />
      <div class="row">
        <Button
          icon={isRunning ? 'stop' : 'play'}
          isMain
          onClick={isRunning ? store.stop : store.start}
          disabled={store.rows.value.size === 0}
        >
          {isRunning ? 'Stop' : 'Measure'}
        </Button>
        <span data-name="bench">{phase}</span>
        <span class="muted">{store.now.value}</span>
        <button class="plain" disabled={!hasResults} onClick={() => saveText('bench.json', json(), 'application/json')}>
          JSON
        </button>
        <button class="plain" disabled={!hasResults} onClick={() => saveText('bench.md', markdown(), 'text/markdown')}>
          Markdown
        </button>
      </div>
      {phase === 'failed' && (
        <Trouble actions={<Button onClick={store.start}>Measure again</Button>}>
          It could not be measured: {store.failure}
        </Trouble>
      )}
      {store.change.value !== null && Math.abs(store.change.value) > 0.1 && (
        <Trouble kind="warn" actions={<Button onClick={store.start}>Measure again</Button>}>
          The machine changed its speed meanwhile: the first row, run again at the end, took{' '}
          {Math.round(100 * Math.abs(store.change.value))} %{store.change.value > 0 ? ' more' : ' less'}. Close other
          programs.
        </Trouble>
      )}
      <div class="card wide" tabIndex={0} role="region" aria-label="Results">
        <table class="bench">
          <thead>
            <tr>
              <th scope="col">What</th>
              {columns.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                  <Device column={name} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ROWS.map(([row, what]) => (
              <tr key={row}>
                <th scope="row">
                  <label class="row tight">
                    <input
                      type="checkbox"
                      checked={store.rows.value.has(row)}
                      disabled={isRunning}
                      onChange={() => store.toggle(row)}
                    />
                    {what}
                  </label>
                </th>
                {columns.map(({ name }) => (
                  <td key={name} data-column={name}>
                    <Cell
                      measured={store.results.value.get(store.keyOf(row, name))}
                      peak={store.devices.value.get(name)?.peak ?? NaN}
                      isNow={store.now.value === store.keyOf(row, name)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <small>
        Medians of 15 samples, with quartiles; a dot is a sample. Whole steps, results read back; products stay where
        they are. The peak is measured here too: 0.2 s of products and sums in registers, on as many threads.
        {tick}
        {gpu.value === 'not offered' && ` WebGPU: ${gpu.value}. ${gpu.reason}`}
      </small>
    </div>
  )
}

/** Under a column's name: what it computes on, and the most that it can do. */
function Device({ column }: { readonly column: string }) {
  const reason = store.absent.value.get(column)
  const found = store.devices.value.get(column)
  return (
    <small class="device">
      {reason ?? (found ? `${found.device && `${found.device}; `}peak ${gflops(found.peak)}` : 'peak –')}
    </small>
  )
}

function Cell({
  measured,
  peak,
  isNow,
}: {
  readonly measured?: Measured
  readonly peak: number
  readonly isNow: boolean
}) {
  if (!measured) return <span class="muted">{isNow ? 'measuring …' : '–'}</span>
  const { median, low, high, flops, samples, plans } = measured
  const perSecond = flops === null ? null : (flops * 1000) / median
  return (
    <div class="cell">
      <span class="num strong">{duration(median)}</span>
      <small class="num">
        {duration(low)} to {duration(high)}
      </small>
      <span class="num speed">{perSecond === null ? '' : `${gflops(perSecond)}, ${share(perSecond / peak)}`}</span>
      {plans > 1 && <small>partly on the CPU: {plans} plans</small>}
      <Dots samples={samples} median={median} />
    </div>
  )
}

const share = (of: number): string => `${(100 * of).toFixed(of < 0.1 ? 1 : 0)}\u2009% of the peak`

const WIDTH = 120
/** Every sample by its time, from half the median to twice it. */
function Dots({ samples, median }: { readonly samples: readonly number[]; readonly median: number }) {
  const least = Math.min(...samples)
  const most = Math.max(...samples)
  const place = (ms: number): number => (Math.log2(Math.min(2, Math.max(0.5, ms / median))) / 2 + 0.5) * (WIDTH - 8) + 4
  return (
    <svg
      width={WIDTH}
      height="16"
      role="img"
      aria-label={`${samples.length} samples, from ${duration(least)} to ${duration(most)}`}
    >
      <line x1={WIDTH / 2} x2={WIDTH / 2} y1="0" y2="16" stroke="var(--edge)" />
      {samples.map((ms, i) => (
        <circle key={i} cx={place(ms)} cy="8" r="2.5" fill="var(--ink)" fill-opacity="0.5" />
      ))}
    </svg>
  )
}

function json(): string {
  const results = [...store.results.value].map(([key, measured]) => {
    const [row, column] = key.split(' | ')
    return { row, column, ...measured }
  })
  return JSON.stringify(
    {
      at: new Date().toISOString(),
      browser: navigator.userAgent,
      threads: navigator.hardwareConcurrency,
      change: store.change.value,
      tickMs: store.tickMs.value,
      devices: Object.fromEntries(store.devices.value),
      absent: Object.fromEntries(store.absent.value),
      results,
    },
    null,
    2,
  )
}

function markdown(): string {
  const columns = store.columns()
  const cell = (measured?: Measured): string => (measured ? duration(measured.median) : '')
  const peaks = columns.map(({ name }) => gflops(store.devices.value.get(name)?.peak ?? null))
  return [
    `| what | ${columns.map(({ name }) => name).join(' | ')} |`,
    `|---|${columns.map(() => '---|').join('')}`,
    ...ROWS.map(
      ([row, what]) =>
        `| ${what} | ${columns.map(({ name }) => cell(store.results.value.get(store.keyOf(row, name)))).join(' | ')} |`,
    ),
    `| Peak, products and sums in registers | ${peaks.join(' | ')} |`,
    '',
    ...[...store.devices.value].flatMap(([name, { device }]) => (device ? [`${name}: ${device}`] : [])),
    navigator.userAgent,
  ].join('\n')
}
