import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, type Plan, type Policy } from '@gradloom/core'
import { layers } from '@gradloom/nn'
import { adamw, sgd } from '@gradloom/optim'
import { plainly, type DeepModel, type Wrap } from './models.ts'

export interface TrainerOptions {
  readonly threads: number
  readonly optimizer: 'sgd' | 'adamw'
  readonly policy?: Policy
  readonly wrap?: Wrap
}

/** A model in training, on a backend of its own. */
export interface Trainer {
  plan(): Promise<Plan>
  /** Makes a step; its loss. */
  step(): Promise<number>
  /** Bytes as the backend allocated them. */
  memory(): { readonly arena: number; readonly buffers: number }
  close(): Promise<void>
}

export function createTrainer(
  model: DeepModel,
  { threads, optimizer, policy, wrap = plainly }: TrainerOptions,
): Trainer {
  const { learningRate, feeds } = model
  const runtime = createRuntime({ backends: [cpu({ threads })] })
  const variables = runtime.variables()
  layers.setVariables(variables, model.initial as layers.Parameters)
  const rule = optimizer === 'sgd' ? sgd({ learningRate }) : adamw({ learningRate })
  const step = variables.compile(
    (ctx) => {
      const loss = model.loss(ctx, wrap)
      return { loss, train: rule.minimize(loss, ctx.variables()) }
    },
    { rematerialise: policy },
  )
  return {
    plan: () => step.plan(feeds),
    step: async () => (await step(feeds)).loss.item(),
    memory: () => runtime.memory()[0],
    close: () => runtime.close(),
  }
}
