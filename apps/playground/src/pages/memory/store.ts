import { batch, effect, signal } from '@preact/signals'
import { claimCores } from '../../shell/cores.ts'
import {
  choice,
  parseLink,
  printLink,
  realNumber,
  wholeNumber,
  type Choice,
  type Range,
  type Schema,
} from '../../shell/link.ts'
import { BACKENDS } from '../../session/settings.ts'
import { note, route } from '../../shell/route.ts'
import type { ModelName } from '../../plan/models.ts'
import {
  POLICIES,
  type FromMemory,
  type Impossible,
  type Planned,
  type Point,
  type PolicyName,
  type ResidualRow,
  type Timeline,
  type ToMemory,
} from '../../memory/messages.ts'

interface MemorySettings {
  readonly model: ModelName
  readonly policy: PolicyName
  /** A share of the arena without recomputation, in percent. */
  readonly budget: number
  /** See `backends`. */
  readonly backend: string
  /** The band that is chosen, from the largest on; -1 for none. */
  readonly select: number
}
export const schema: Schema<MemorySettings> & {
  readonly model: Choice<ModelName>
  readonly policy: Choice<PolicyName>
  readonly budget: Range
  readonly backend: Choice<string>
} = {
  model: choice<ModelName>('Model', 'gpt', [
    ['plane', 'Dense, in the plane'],
    ['mlp', 'Dense, on digits'],
    ['cnn', 'Convolution, on digits'],
    ['gpt', 'Small GPT'],
  ]),
  policy: choice<PolicyName>('Policy', 'none', POLICIES),
  budget: realNumber('Budget', 60, [1, 100]),
  backend: choice<string>('Backend', 'cpu', BACKENDS),
  select: wholeNumber('Selected', -1, [-1, 100_000]),
}

export const settings = signal<MemorySettings>(parseLink(schema, new URLSearchParams()).values)
export const repairs = signal<readonly string[]>([])
export const timeline = signal<Timeline | null>(null)
/** Why the plan is one of the CPU, though another backend was chosen. */
export const absent = signal<string | null>(null)
export const residuals = signal<readonly ResidualRow[]>([])
export const points = signal<readonly Point[]>([])
/** What the model's policies take by their plans. */
export const foreseen = signal<readonly Planned[]>([])
/** Policies that could not be measured. */
export const impossible = signal<readonly Impossible[]>([])
export const state = signal<'planning' | 'ready' | 'measuring' | 'refused'>('planning')
export const refusal = signal('')

const REPLAN_MS = 200
let planner: Worker | null = null
let meter: Worker | null = null
let request = 0
let waiting: ReturnType<typeof setTimeout> | undefined
/** What waits for the plan that keeps everything. */
let onFirst: (() => void) | null = null

const start = (take: (message: FromMemory) => void): Worker => {
  const worker = new Worker(new URL('../../memory/memory.ts', import.meta.url), { type: 'module', name: 'memory' })
  worker.addEventListener('message', ({ data }: MessageEvent<FromMemory>) => take(data))
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    take({ id: request, type: 'refused', message: event.message || 'the worker has died' })
  })
  return worker
}

/** Bytes that the budget allows: a share of what keeping everything takes. */
export const budgetBytes = (): number =>
  Math.round((settings.value.budget / 100) * (timeline.value?.plainArenaBytes ?? 0))

function take(message: FromMemory): void {
  if (message.id !== request) return
  batch(() => {
    if (message.type === 'planned') {
      timeline.value = message.timeline
      residuals.value = message.residuals
      absent.value = message.absent
      foreseen.value = []
      state.value = 'ready'
    } else if (message.type === 'foreseen') foreseen.value = [...foreseen.value, message.planned]
    else if (message.type === 'refused') {
      refusal.value = message.message
      state.value = 'refused'
    }
  })
  if (message.type !== 'planned') return
  onFirst?.()
  onFirst = null
}

function plan(): void {
  request++
  state.value = 'planning'
  // A plan that is under way is for a wish that is past.
  planner?.terminate()
  planner = start(take)
  const { model, policy, backend } = settings.value
  planner.postMessage({ id: request, type: 'plan', model, policy, backend, budget: budgetBytes() } satisfies ToMemory)
}

export function change(changes: Partial<MemorySettings>): void {
  const isOther = (['model', 'backend'] as const).some(
    (name) => changes[name] !== undefined && changes[name] !== settings.value[name],
  )
  settings.value = { ...settings.value, select: -1, ...changes }
  if (isOther) {
    stop()
    points.value = []
    impossible.value = []
  }
  // The share of a budget is one of the plan that keeps everything: that comes first.
  if (isOther && settings.value.policy === 'budget') settings.value = { ...settings.value, policy: 'none' }
  clearTimeout(waiting)
  waiting = setTimeout(plan, REPLAN_MS)
}
export function select(index: number): void {
  settings.value = { ...settings.value, select: index }
}

export function measure(): void {
  claimCores()
  meter?.terminate()
  // Plans that are still foreseen would take time from what is measured.
  if (state.value === 'ready') planner?.terminate()
  const id = ++request
  batch(() => {
    points.value = []
    impossible.value = []
    state.value = 'measuring'
  })
  meter = start((message) => {
    if (message.id !== id) return
    if (message.type === 'point') takePoint(message.point)
    else {
      meter?.terminate()
      meter = null
      state.value = message.type === 'refused' ? 'refused' : 'ready'
      if (message.type === 'refused') refusal.value = message.message
    }
  })
  const { model, backend } = settings.value
  meter.postMessage({ id, type: 'measure', model, backend, budget: budgetBytes() } satisfies ToMemory)
}
function takePoint(point: Point | Impossible): void {
  if ('reason' in point) impossible.value = [...impossible.value, point]
  else points.value = [...points.value, point]
}
export function stop(): void {
  meter?.terminate()
  meter = null
  if (state.value === 'measuring') state.value = 'ready'
}

export function open(): () => void {
  const { values, repairs: wrong } = parseLink(schema, route.value.params)
  const isNew =
    timeline.value === null ||
    (['model', 'policy', 'backend', 'budget'] as const).some((name) => values[name] !== settings.value[name])
  // Without the plan that keeps everything there is no budget yet.
  const isOther = timeline.value === null || values.model !== settings.value.model
  const first = isOther && values.policy === 'budget'
  batch(() => {
    settings.value = first ? { ...values, policy: 'none' } : values
    repairs.value = wrong
  })
  if (isNew) plan()
  onFirst = first ? () => change({ policy: 'budget', select: values.select }) : null
  const stopNoting = effect(() => note('memory', printLink(schema, settings.value)))
  return () => {
    stopNoting()
    stop()
  }
}
