import { expect, test } from 'vitest'
import * as gl from '../src/index.ts'

const { checkpoint, cpu, linalg, optim, tensor } = gl
const rt = gl.createRuntime({ backends: [cpu({ threads: 1 })] })
const late: unknown[] = []
const note = (reason: unknown): void => void late.push(reason)
process.on('unhandledRejection', note)

const waits = (async () => {
  throw new Error('late')
}) as never
const w = { w: tensor([1, 2]) }

const trained = async (rematerialise: gl.Policy): Promise<unknown> => {
  const env = rt.variables()
  env.name('w').set([1, 2])
  const step = env.compile(
    (ctx) => {
      const x = gl.tanh(gl.exp(ctx.variable('w')))
      const [d] = gl.grad([gl.sum(gl.mul(x, gl.exp(x)))], [ctx.variable('w')])
      return { d }
    },
    { rematerialise },
  )
  return step()
}
const planned = (answer: (value: gl.Residual) => gl.Packing): gl.Policy =>
  Object.assign(() => 'mustSave' as const, {
    plan: ({ values }: gl.Stage) => new Map(values.map((v) => [v.tensor, answer(v)])),
  })

test.each<[name: string, call: () => unknown]>([
  ['grad', () => gl.grad(waits)([1, 2])],
  ['grad', () => gl.valueAndGrad(waits)([1, 2])],
  ['scan', () => gl.scan(waits, tensor(1), tensor([1, 2]))],
  ['cond', () => gl.cond(true, waits, () => tensor(1))],
  ['cond', () => gl.cond(true, () => tensor(1), waits)],
  ['checkGrads', async () => rt.run(() => gl.checkGrads(waits, [tensor([1, 2])]))],
  ['gmres', () => linalg.gmres(waits, [1, 2])],
  ['checkpoint', () => checkpoint.checkpoint(waits as () => unknown)()],
  ['maskedBy', () => optim.optimizer(optim.maskedBy(waits, optim.adam())).init(w)],
  ['perGroup', () => optim.perGroup(waits, { a: optim.adam() }).init(w)],
  ['rematerialise', () => trained(waits)],
  ['rematerialise', () => trained(planned(() => ({ pack: waits, unpack: (x) => x })))],
  ['rematerialise', () => trained(planned(() => ({ pack: (x) => x, unpack: waits })))],
])('%s refuses a function that waits, and what that fails with later ends no process', async (name, call) => {
  await expect(async () => call()).rejects.toMatchObject({
    name: 'SettingError',
    message: `${name}: a function that does not wait required, got promise`,
  })
  await new Promise((done) => setTimeout(done, 5))
  expect(late).toEqual([])
})
