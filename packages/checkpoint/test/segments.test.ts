import { add, SettingError, square, tanh, type Tensor } from '@gradloom/core'
import { describe, expect, it } from 'vitest'
import {
  adaptiveCheckpoint,
  checkpoint,
  checkpointSequential,
  createCheckpointGroup,
  saveContractions,
  saveEverything,
} from '../src/index.ts'
import { chain, DEPTH, recomputedSteps, train, type Layer } from './models.ts'

const plain = await train(chain())
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const run = (layer: Layer, from: number, to: number, x: Tensor): Tensor =>
  range(from, to).reduce((h, i) => layer(h, i), x)

describe('a value', () => {
  it('is computed again, and the step gives the same bits in less memory', async () => {
    const got = await train((x, layer) =>
      range(0, DEPTH).reduce((h, i) => (i % 2 ? layer(h, i) : checkpoint(layer(h, i))), x),
    )
    expect(got.losses).toEqual(plain.losses)
    expect(recomputedSteps(got.plan)).toBeGreaterThan(0)
    expect(got.arena).toBeLessThan(0.75 * plain.arena)
  })

  it('that is a variable or a feed is as it is', async () => {
    const got = await train((x, layer) => chain()(checkpoint(x), layer))
    expect(recomputedSteps(got.plan)).toBe(0)
    expect(got.losses).toEqual(plain.losses)
  })

  it('is computed again from its size on', async () => {
    const bytes = 64 * 32 * 4
    const with_ = (threshold: number): Promise<number> =>
      train((x, layer) => range(0, DEPTH).reduce((h, i) => adaptiveCheckpoint(layer(h, i), threshold), x)).then(
        ({ plan }) => recomputedSteps(plan),
      )
    expect(await with_(bytes)).toBeGreaterThan(0)
    expect(await with_(bytes + 1)).toBe(0)
    expect(await with_(Infinity)).toBe(0)
    expect(await with_(0)).toBeGreaterThan(0)
  })
})

describe('a segment', () => {
  it('keeps what crosses its border, and no more', async () => {
    const got = await train((x, layer) =>
      [0, 4, 8].reduce((h, from) => checkpoint((y: Tensor) => run(layer, from, from + 4, y))(h), x),
    )
    expect(got.losses).toEqual(plain.losses)
    expect(got.arena).toBeLessThan(0.7 * plain.arena)
  })

  it('within another is computed again twice, in less memory still', async () => {
    const nested = (layer: Layer) =>
      checkpoint((y: Tensor) =>
        [0, 3, 6].reduce((h, from) => checkpoint((z: Tensor) => run(layer, from, from + 3, z))(h), y),
      )
    const once = await train((x, layer) => run(layer, 9, 12, checkpoint((y: Tensor) => run(layer, 0, 9, y))(x)))
    const twice = await train((x, layer) => run(layer, 9, 12, nested(layer)(x)))
    expect(twice.losses).toEqual(plain.losses)
    expect(twice.arena).toBeLessThan(once.arena)
    expect(recomputedSteps(twice.plan)).toBeGreaterThan(recomputedSteps(once.plan))
  })

  it('takes and gives structures, and a policy of its own', async () => {
    const block = checkpoint(
      ({ h, skip }: { h: Tensor; skip: Tensor }, layer: Layer) => ({ h: add(run(layer, 0, 6, h), skip), skip: h }),
      { policy: saveContractions() },
    )
    const all = checkpoint((h: Tensor, layer: Layer) => run(layer, 6, DEPTH, h), { policy: saveEverything() })
    const build = (x: Tensor, layer: Layer): Tensor => all(block({ h: x, skip: x }, layer).h, layer)
    const want = await train((x, layer) => run(layer, 6, DEPTH, add(run(layer, 0, 6, x), x)))
    expect((await train(build)).losses).toEqual(want.losses)
  })

  it('of a list of functions has as many functions as the others', async () => {
    const arenas: number[] = []
    for (const segments of [1, 2, 4, DEPTH]) {
      const got = await train((x, layer) =>
        checkpointSequential(
          range(0, DEPTH).map((i) => (h: Tensor) => layer(h, i)),
          segments,
          x,
        ),
      )
      expect(got.losses).toEqual(plain.losses)
      arenas.push(got.arena)
    }
    expect(arenas[0]).toBe(plain.arena)
    expect(arenas[1]).toBeLessThan(arenas[0])
    expect(arenas[2]).toBeLessThan(arenas[1])
  })

  it('of a group has its results computed again too, once for all', async () => {
    const group = createCheckpointGroup()
    const got = await train((x, layer) => {
      const [a, b] = group.checkpointFn([x], ([h]) => [run(layer, 0, 4, h), tanh(h)])
      const { c, d } = group.checkpointFn([a, b], ([p, q]) => ({ c: add(p, q), d: square(p) }))
      const one = group.checkpointFn([c, d], ([p, q]) => add(p, q))
      return run(layer, 4, DEPTH, one)
    })
    const want = await train((x, layer) => {
      const a = run(layer, 0, 4, x)
      return run(layer, 4, DEPTH, add(add(a, tanh(x)), square(a)))
    })
    expect(got.losses).toEqual(want.losses)
    expect(got.arena).toBeLessThan(want.arena)
    // Each of the first four products, once.
    expect(got.plan.steps.filter((s) => s.pass === 'recompute' && s.type === 'contraction')).toHaveLength(4)
  })
})

describe('a group', () => {
  it('leaves what is no tensor as it is', () => {
    const t = tanh(1)
    const got = createCheckpointGroup().checkpointFn([t], ([x]) => ({ scale: 2, y: square(x), rest: [null, 5, x] }))
    expect([got.scale, got.rest[0], got.rest[1]]).toEqual([2, null, 5])
    expect(got.y.shape).toEqual([])
  })
})

describe('refused', () => {
  const f = (x: Tensor): Tensor => x
  it.each<[name: string, call: () => unknown]>([
    ['a threshold below 0', () => adaptiveCheckpoint(tanh(1), -1)],
    ['a threshold of NaN', () => adaptiveCheckpoint(tanh(1), NaN)],
    ['what is no tensor', () => adaptiveCheckpoint(3 as never, 1)],
    ['what is neither tensor nor function', () => checkpoint('x' as never)],
    ['settings beside a tensor', () => checkpoint(tanh(1) as never, { policy: saveEverything() })],
    ['a policy that is none', () => checkpoint(f, { policy: 'all' as never })],
    ['a function that gives nothing', () => checkpoint(() => undefined)()],
    ['a function that gives a promise', () => checkpoint(async () => tanh(1))()],
    ['no segments', () => checkpointSequential([f], 0, tanh(1))],
    ['more segments than functions', () => checkpointSequential([f], 2, tanh(1))],
    ['half a segment', () => checkpointSequential([f, f], 1.5, tanh(1))],
    ['no functions', () => checkpointSequential([], 1, tanh(1))],
    ['a group of what is no tensor', () => createCheckpointGroup().checkpointFn([3 as never], ([x]) => x)],
    ['a group without a function', () => createCheckpointGroup().checkpointFn([tanh(1)], 3 as never)],
  ])('%s', (_, call) => {
    expect(call).toThrow(SettingError)
  })

  it.each<[name: string, held: () => unknown]>([
    ['a record', () => ({ t: tanh(1) })],
    ['a list', () => [tanh(1)]],
  ])('%s that holds itself', (_, held) => {
    const cyclic = (): unknown => {
      const value = held() as Record<string, unknown>
      value['1'] = value
      value[''] = value
      return value
    }
    const calls = [checkpoint(cyclic), () => createCheckpointGroup().checkpointFn([tanh(1)], cyclic)]
    for (const call of calls)
      expect(call).toThrow(expect.objectContaining({ code: 'DTYPE', message: expect.stringMatching(/that ends/) }))
  })

  it('an unknown setting', () => {
    expect(() => checkpoint(f, { polcy: saveEverything() } as never)).toThrow(/no setting polcy; there are policy/)
  })
})
