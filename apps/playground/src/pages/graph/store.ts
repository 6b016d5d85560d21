import { batch, computed, effect, signal } from '@preact/signals'
import type { Plan } from '@gradloom/core'
import { choice, parseLink, printLink, words, type Choice, type Schema } from '../../shell/link.ts'
import { note, route } from '../../shell/route.ts'
import { BACKENDS } from '../../session/settings.ts'
import { lastPlan } from '../../plan/last.ts'
import { drawingOf, firstOpen, groupKey, type Box } from '../../plan/groups.ts'
import type { PlanGraph } from '../../plan/graph.ts'
import type { Placed } from '../../plan/layout.ts'
import type { FromPlanner, ToPlanner } from '../../plan/planner.ts'
import type { ModelName } from '../../plan/models.ts'

type Shown = ModelName | 'code'
type Pass = 'both' | 'forward'
interface GraphSettings {
  readonly model: Shown
  readonly pass: Pass
  readonly backend: string
  readonly open: string
  readonly select: string
}
export const schema: Schema<GraphSettings> & {
  readonly model: Choice<Shown>
  readonly pass: Choice<Pass>
  readonly backend: Choice<string>
} = {
  model: choice<Shown>('Model', 'mlp', [
    ['plane', 'Dense, in the plane'],
    ['mlp', 'Dense, on digits'],
    ['cnn', 'Convolution, on digits'],
    ['gpt', 'Small GPT'],
    ['code', 'The program on Code'],
  ]),
  pass: choice<Pass>('Plan', 'both', [
    ['both', 'a training step'],
    ['forward', 'the loss alone'],
  ]),
  backend: choice<string>('Backend', 'cpu', BACKENDS),
  open: words('Open', '', 4000),
  select: words('Selected', '', 200),
}
/** More boxes than these are not drawn. */
export const MOST_BOXES = 400

export const settings = signal<GraphSettings>(parseLink(schema, new URLSearchParams()).values)
export const repairs = signal<readonly string[]>([])
export const state = signal<'compiling' | 'placing' | 'unplaced' | 'ready' | 'failed' | 'empty' | 'many'>('compiling')
export const failure = signal('')
/** Why the plan is one of the CPU, though another backend was chosen. */
export const absent = signal<string | null>(null)
export const graph = signal<PlanGraph | null>(null)
export const open = signal<ReadonlySet<string>>(new Set())
export const selected = signal<string | null>(null)
export const search = signal('')
export const placed = signal<Placed>({})
export const drawing = computed(() => (graph.value ? drawingOf(graph.value, open.value) : { boxes: [], lines: [] }))
export const matches = computed(() => {
  const wanted = search.value.trim().toLowerCase()
  if (!wanted) return null
  const isMatch = ({ name, scope, steps }: Box): boolean =>
    [name, scope, ...steps.map(({ label }) => label)].some((text) => text.toLowerCase().includes(wanted))
  return new Set(drawing.value.boxes.filter(isMatch).map(({ key }) => key))
})

let planner: Worker | null = null
let layout: Worker | null = null
let request = 0
const cache = new Map<string, Placed>()

function ask(message: ToPlanner): void {
  planner ??= new Worker(new URL('../../plan/planner.ts', import.meta.url), { type: 'module', name: 'planner' })
  planner.onmessage = ({ data }: MessageEvent<FromPlanner>) => {
    if (data.id === request) take(data)
  }
  planner.onerror = (event) => {
    event.preventDefault()
    planner = null
    fail(reasonOf(event))
  }
  planner.postMessage(message)
}

/** A script that could not be loaded has no message. */
const reasonOf = ({ message }: ErrorEvent): string => message || 'the worker could not be loaded'
function fail(reason: string): void {
  batch(() => {
    failure.value = reason
    state.value = 'failed'
  })
}

function take(message: FromPlanner): void {
  if ('failure' in message) return fail(message.failure)
  cache.clear()
  const given = settings.value.open.split('~').filter(Boolean)
  batch(() => {
    graph.value = message.graph
    absent.value = message.absent
    placed.value = {}
    open.value = given.length ? new Set(given) : firstOpen(message.graph)
    selected.value = settings.value.select || null
  })
  place()
}

/** Places the boxes in a worker of their own; a newer wish ends it. */
export function place(): void {
  const { boxes } = drawing.value
  layout?.terminate()
  layout = null
  if (boxes.length > MOST_BOXES) {
    state.value = 'many'
    return
  }
  const key = [...open.value].sort().join()
  const known = cache.get(key)
  if (known) {
    batch(() => {
      placed.value = known
      state.value = 'ready'
    })
    return
  }
  state.value = 'placing'
  const fresh = new Worker(new URL('../../plan/layout.ts', import.meta.url), { type: 'module', name: 'layout' })
  layout = fresh
  fresh.onmessage = ({ data }: MessageEvent<Placed>) => {
    if (fresh !== layout) return
    fresh.terminate()
    layout = null
    cache.set(key, data)
    batch(() => {
      placed.value = data
      state.value = 'ready'
    })
  }
  fresh.onerror = (event) => {
    event.preventDefault()
    if (fresh === layout) fail(reasonOf(event))
  }
  fresh.postMessage(drawing.value)
}
export function cancel(): void {
  layout?.terminate()
  layout = null
  state.value = 'unplaced'
}

function compile(): void {
  request++
  const { model, pass, backend } = settings.value
  batch(() => {
    state.value = 'compiling'
    selected.value = null
    graph.value = null
    absent.value = null
  })
  if (model !== 'code') return ask({ id: request, type: 'model', name: model, isTraining: pass === 'both', backend })
  const plan: Plan | null = lastPlan.value
  if (plan) ask({ id: request, type: 'plan', plan })
  else state.value = 'empty'
}

export function change(changes: Partial<GraphSettings>): void {
  settings.value = { ...settings.value, open: '', select: '', ...changes }
  compile()
}
export function toggle(box: Box): void {
  const next = new Set(open.value)
  if (box.isGroup) next.add(box.key)
  else return
  batch(() => {
    open.value = next
  })
  place()
}
/** Closes the scope that a box is in. */
export function close(box: Box): void {
  const next = new Set(open.value)
  const parts = box.scope.split('/')
  if (box.isGroup) parts.pop()
  const key = groupKey(box.side, parts.join('/'))
  for (const one of next) if (one === key || one.startsWith(`${key}/`)) next.delete(one)
  batch(() => {
    open.value = next
    selected.value = key
  })
  place()
}
export function select(key: string | null): void {
  selected.value = key
}

export function openPage(): () => void {
  const { values, repairs: wrong } = parseLink(schema, route.value.params)
  const isOther = (['model', 'pass', 'backend'] as const).some((name) => values[name] !== settings.value[name])
  batch(() => {
    settings.value = values
    repairs.value = wrong
  })
  if (graph.value === null || isOther || values.model === 'code') compile()
  return effect(() => {
    const list = [...open.value].join('~')
    note('graph', printLink(schema, { ...settings.value, open: list, select: selected.value ?? '' }))
  })
}
