import { add, createRuntime, div, greater, hostArray, matmul, ones, reshape, transpose, where } from '@gradloom/core'
import type { HostArray, Tensor } from '@gradloom/core'
import { batches } from '@gradloom/io'
import { layers, softmax, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng, tril } from '@gradloom/ops'
import { adamw, cosine, warmup } from '@gradloom/optim'
import { absence, backends } from '../session/backends.ts'
import type { Memory } from '../session/messages.ts'
import { createGpt } from '../models/gpt.ts'
import { createRandom } from '../session/random.ts'
import type { Attention, Choice, WriteSettings } from './messages.ts'
import { windows, type Text } from './text.ts'

const LIKELY = 4
const TEST_BATCH = 16

export interface Writer {
  readonly parameters: number
  /** Why the backend that was chosen does not compute. */
  readonly absent: string | null
  step(): Promise<number>
  test(): Promise<number>
  /** The next character after a text, drawn at a temperature. */
  next(before: string, temperature: number): Promise<Choice>
  save(): Promise<Uint8Array<ArrayBuffer>>
  load(bytes: Uint8Array<ArrayBuffer>): Promise<void>
  attention(sentence: string): Promise<Omit<Attention, 'step'>>
  memory(): Memory
  close(): Promise<void>
}

export async function openWriter(settings: WriteSettings, text: Text): Promise<Writer> {
  const { blocks, heads, width, context, batch, rate, stop, seed } = settings
  const runtime = createRuntime({ backends: [...(await backends[settings.backend]({ threads: 0 }))] })
  const env = runtime.variables()
  const rng = createRng(seed)
  const characters = text.vocabulary.length
  const gpt = createGpt({ characters, length: context, features: width, blocks, heads }, rng)
  const fresh = gpt.layer.init(rng)
  layers.setVariables(env, fresh)
  const names = env.variableNames()
  const split = Math.floor(0.9 * text.ids.length)
  const rows = windows(text.ids.subarray(0, split), context)
  const tests = windows(text.ids.subarray(split), context)
  const random = createRandom(seed)

  const rise = Math.max(1, Math.ceil(stop / 15))
  const learningRate = warmup(rise, cosine(rate, { steps: Math.max(1, stop - rise) }))
  type Reader = Parameters<typeof layers.getVariables>[0]
  const scoresOf = (ctx: Reader, x: Tensor): Tensor => gpt.layer.apply(layers.getVariables(ctx, fresh), x)
  const train = env.compile((ctx) => {
    const scores = scoresOf(ctx, ctx.placeholder('x', [-1, context], 'int32'))
    const loss = sparseSoftmaxCrossEntropy(scores, ctx.placeholder('y', [-1, context], 'int32'), { reduction: 'mean' })
    return { loss, train: adamw({ learningRate }).minimize(loss, ctx.variables()) }
  })
  const evaluate = env.compile((ctx) => {
    const scores = scoresOf(ctx, ctx.placeholder('x', [-1, context], 'int32'))
    return {
      loss: sparseSoftmaxCrossEntropy(scores, ctx.placeholder('y', [-1, context], 'int32'), { reduction: 'mean' }),
    }
  })
  const infer = env.compile((ctx) => ({ scores: scoresOf(ctx, ctx.placeholder('x', [1, context], 'int32')) }))
  const look = env.compile((ctx) => {
    const p = layers.getVariables(ctx, fresh)
    const x = ctx.placeholder('x', [1, context], 'int32')
    const isPast = greater(tril(ones([context, context])), 0)
    return Object.fromEntries(
      Array.from({ length: blocks }, (_, block) => {
        const w = gpt.attentionOf(p, block)
        const y = reshape(gpt.before(p, x, block), [context, width])
        const part = (weight: Tensor, bias: Tensor): Tensor =>
          transpose(reshape(add(matmul(y, weight), bias), [context, heads, width / heads]), [1, 0, 2])
        const scores = matmul(part(w.query, w.queryBias), transpose(part(w.key, w.keyBias), [0, 2, 1]))
        return [`block${block}`, softmax(where(isPast, div(scores, Math.sqrt(width / heads)), -Infinity))]
      }),
    )
  })
  /** A text at the beginning of a stretch, the rest filled up: what comes later is not looked at. */
  const fed = (letters: string): HostArray => {
    const ids = new Int32Array(context)
    ids.set(text.encode(letters))
    return hostArray(ids, [1, context])
  }
  const stretches = endless()
  async function* endless(): AsyncGenerator<{ x: HostArray; y: HostArray }, never> {
    for (let epoch = 0; ; epoch++) yield* batches(rows, { size: batch, shuffle: true, seed, epoch, dropLast: true })
  }
  await runtime.ready()
  return {
    absent: absence(settings.backend, runtime),
    parameters: names.reduce((sum, name) => sum + env.name(name).shape.reduce((a, b) => a * b, 1), 0),
    async step() {
      const { x, y } = (await stretches.next()).value
      return (await train({ x, y })).loss.item()
    },
    async test() {
      const stride = Math.floor(tests.rowCount / TEST_BATCH)
      const { x, y } = await tests.read(Uint32Array.from({ length: TEST_BATCH }, (_, i) => i * stride))
      return (await evaluate({ x, y })).loss.item()
    },
    async next(before, temperature) {
      const seen = before.slice(-context)
      const { scores } = await infer({ x: fed(seen) })
      const at = (seen.length - 1) * characters
      const logits = Float64Array.from(
        scores.data.subarray(at, at + characters) as Float32Array,
        (s) => s / Math.max(1e-3, temperature),
      )
      return choose(logits, text.vocabulary, random.uniform())
    },
    async attention(sentence) {
      const letters = sentence.slice(0, context) || ' '
      const maps = await look({ x: fed(letters) })
      const size = letters.length
      const weights = new Float32Array(blocks * heads * size * size)
      for (let block = 0; block < blocks; block++) {
        const { data } = (maps as Readonly<Record<string, HostArray>>)[`block${block}`]
        for (let head = 0; head < heads; head++)
          for (let row = 0; row < size; row++) {
            const from = (head * context + row) * context
            weights.set(data.subarray(from, from + size) as Float32Array, ((block * heads + head) * size + row) * size)
          }
      }
      return { letters, blocks, heads, weights }
    },
    async save() {
      const { encodeSafetensors } = await import('../session/weights.ts')
      return encodeSafetensors(await env.save({ names })) as Uint8Array<ArrayBuffer>
    },
    async load(bytes) {
      const { decodeSafetensors } = await import('../session/weights.ts')
      env.load(decodeSafetensors(bytes).tensors, { names })
    },
    memory: () => runtime.memory()[0],
    close: () => runtime.close(),
  }
}

/** A draw from the softmax of scores, and the likeliest. */
function choose(logits: Float64Array, vocabulary: readonly string[], draw: number): Choice {
  const most = Math.max(...logits)
  const weights = Array.from(logits, (value) => Math.exp(value - most))
  const total = weights.reduce((a, b) => a + b, 0)
  let left = draw * total
  let index = 0
  while (index < weights.length - 1 && left >= weights[index]) left -= weights[index++]
  const likely = weights
    .map((weight, i) => ({ letter: vocabulary[i], share: weight / total }))
    .sort((a, b) => b.share - a.share)
    .slice(0, LIKELY)
  return { letter: vocabulary[index], likely }
}
