// The worker of Memory: plans a training step under a policy, and measures what policies cost.
import { budget, saveContractions, saveNothing, sqrt } from '@gradloom/checkpoint'
import { explain, memoryTimeline } from '@gradloom/inspect'
import { createRuntime, type Policy, type Residual, type Runtime } from '@gradloom/core'
import { clockTick, measure } from '../bench/measure.ts'
import { modelStep, type ModelName } from '../plan/models.ts'
import { absence, backends } from '../session/backends.ts'
import {
  POLICIES,
  type FromMemory,
  type Impossible,
  type Point,
  type PolicyName,
  type ResidualRow,
  type ToMemory,
} from './messages.ts'

type Planning = Extract<ToMemory, { type: 'plan' }>
type Measuring = Extract<ToMemory, { type: 'measure' }>

const post = (message: FromMemory): void => (globalThis as unknown as Worker).postMessage(message)

const policies: Readonly<Record<PolicyName, (bytes: number) => Policy | undefined>> = {
  none: () => undefined,
  contractions: () => saveContractions(),
  sqrt: () => sqrt(),
  nothing: () => saveNothing(),
  budget: (bytes) => budget(bytes),
}

interface Decided {
  readonly value: Residual
  readonly isKept: boolean
}

/** A policy that notes what it decides. */
function noted(policy: Policy, decided: Decided[]): Policy {
  const choose: Policy = (value) => {
    const choice = policy(value)
    decided.push({ value, isKept: choice === 'mustSave' || choice === 'preferSave' })
    return choice
  }
  const { plan } = policy
  if (!plan) return choose
  return Object.assign(choose, {
    plan: (stage: Parameters<typeof plan>[0]) => {
      const times = plan(stage)
      for (const value of stage.values)
        if (value.isRead) decided.push({ value, isKept: (times.get(value.tensor) ?? 0) === 0 })
      return times
    },
  })
}

const rowOf = ({ value: { tensor, byteLength, cost, origin }, isKept }: Decided): ResidualRow => ({
  name: tensor.node.op.name,
  scope: origin.scope,
  shape: tensor.shape,
  byteLength,
  cost,
  isKept,
})

/** `threads`: 0 for all. */
async function runtimeWith<T>(backend: string, threads: number, work: (runtime: Runtime) => Promise<T>): Promise<T> {
  const runtime = createRuntime({ backends: [...(await backends[backend]({ threads }))] })
  try {
    return await work(runtime)
  } finally {
    await runtime.close()
  }
}

async function plan({ id, model, policy, budget: bytes, backend }: Planning): Promise<void> {
  await runtimeWith(backend, 1, async (runtime) => {
    const decided: Decided[] = []
    // Keeping everything is asked too, so that its values are listed.
    const rematerialise = noted(policies[policy](bytes) ?? (() => 'preferSave'), decided)
    const { step, feeds } = modelStep(model, runtime, { rematerialise })
    const made = await step.plan({ ...feeds })
    const timeline = { ...memoryTimeline(made), plainArenaBytes: made.plainArenaBytes ?? made.arenaBytes }
    const residuals = decided.map(rowOf).sort((a, b) => b.byteLength - a.byteLength)
    post({ id, type: 'planned', timeline, residuals, absent: absence(backend, runtime) })
    // A policy that has no plan here has no row; that one is the others' business.
    for (const [one] of POLICIES) await foresee(id, model, one, runtime).catch(() => {})
  })
}

/** What a policy would take; a budget is what is looked at already. */
async function foresee(id: number, model: ModelName, policy: PolicyName, runtime: Runtime): Promise<void> {
  if (policy === 'budget') return
  const rematerialise = policies[policy](0)
  const { step, feeds, close } = modelStep(model, runtime, rematerialise && { rematerialise })
  const made = await step.plan({ ...feeds })
  close()
  post({ id, type: 'foreseen', planned: { policy, peakBytes: made.arenaBytes, flops: explain(made).flops } })
}

async function measureAll({ id, model, budget: bytes, backend }: Measuring): Promise<void> {
  const tickMs = clockTick()
  for (const [policy] of POLICIES)
    await runtimeWith(backend, 0, async (runtime) => {
      const point = await pointOf(model, policy, bytes, runtime, tickMs)
      post({ id, type: 'point', point })
    })
  post({ id, type: 'measured' })
}

async function pointOf(
  model: ModelName,
  policy: PolicyName,
  bytes: number,
  runtime: Runtime,
  tickMs: number,
): Promise<Point | Impossible> {
  const rematerialise = policies[policy](bytes)
  const { step, feeds } = modelStep(model, runtime, rematerialise && { rematerialise })
  try {
    const { arenaBytes } = await step.plan({ ...feeds })
    const { median, low, high } = await measure(() => step({ ...feeds }), tickMs)
    return { policy, peakBytes: arenaBytes, median, low, high }
  } catch (error) {
    // A budget may be less than any plan takes: the other policies are measured all the same.
    if (policy !== 'budget') throw error
    return { policy, reason: (error as Error).message }
  }
}

addEventListener('message', ({ data }: MessageEvent<ToMemory>) => {
  const work = data.type === 'plan' ? plan(data) : measureAll(data)
  work.catch((error: unknown) => post({ id: data.id, type: 'refused', message: (error as Error).message }))
})
