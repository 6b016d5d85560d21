import {
  cast,
  NameError,
  scope,
  SettingError,
  sum,
  tanh,
  type Choice,
  type Packing,
  type Policy,
  type Stage,
  type Tensor,
} from '@gradloom/core'
import { describe, expect, it } from 'vitest'
import {
  budget,
  checkpoint,
  everyN,
  offload,
  recomputeNames,
  revolve,
  saveContractions,
  saveEverything,
  saveNames,
  saveNothing,
  sqrt,
} from '../src/index.ts'
import { revolvePlan } from '../src/policies/revolve.ts'
import { chain, DEPTH, recomputedSteps, train, type Layer, type Trained } from './models.ts'

const plain = await train(chain())
const named = (x: Tensor, layer: Layer): Tensor =>
  Array.from({ length: DEPTH }, (_, i) => i).reduce(
    (h, i) => scope(i % 2 ? 'odd' : 'even', () => scope('inner', () => layer(h, i))),
    x,
  )
const sizes = async (...policies: readonly Policy[]): Promise<number[]> => {
  const arenas: number[] = []
  for (const rematerialise of policies) {
    const got = await train(named, { rematerialise })
    expect(got.losses).toEqual(plain.losses)
    arenas.push(got.arena)
  }
  return arenas
}

describe('policies', () => {
  it('take less memory, and give the same bits', async () => {
    const [all, everySecond, roots, four] = await sizes(saveEverything(), everyN(2), sqrt(), revolve(2))
    expect(all).toBe(plain.arena)
    expect(everySecond).toBeLessThan(0.75 * all)
    expect(roots).toBeLessThan(everySecond)
    expect(four).toBeLessThan(roots)
  })

  it('on two threads give the bits of one', async () => {
    for (const rematerialise of [sqrt(), revolve(1)])
      expect((await train(chain(), { rematerialise, threads: 2 })).losses).toEqual(plain.losses)
  })

  it('save what is named, or compute it again', async () => {
    const [even, odd, notOdd] = await sizes(saveNames('even'), saveNames('odd/inner'), recomputeNames('odd'))
    expect(even).toBeLessThan(plain.arena)
    expect(odd).toBeLessThan(plain.arena)
    expect(notOdd).toBe(even)
  })

  it('never compute products again where they are saved', async () => {
    const { plan, losses } = await train(chain(), { rematerialise: saveContractions() })
    expect(plan.steps.filter((s) => s.pass === 'recompute' && s.type === 'contraction')).toEqual([])
    expect(losses).toEqual(plain.losses)
  })

  it('may be any function of a value', async () => {
    const seen: string[] = []
    const got = await train(named, {
      rematerialise: ({ tensor, byteLength, cost, origin }): Choice => {
        seen.push(origin.scope)
        expect(byteLength).toBe(tensor.shape.reduce((a, b) => a * b, 4))
        expect(cost).toBeGreaterThanOrEqual(0)
        return origin.scope.startsWith('odd') ? 'mustRecompute' : 'mustSave'
      },
    })
    expect(new Set(seen)).toEqual(new Set(['even/inner', 'odd/inner', '']))
    expect(recomputedSteps(got.plan)).toBeGreaterThan(0)
    expect(got.losses).toEqual(plain.losses)
  })

  it('leave what segments say that it must be', async () => {
    const half = (x: Tensor, layer: Layer): Tensor =>
      chain()(x, (h, i) => (i < 6 ? checkpoint(layer(h, i)) : layer(h, i)))
    const marked = await train(half)
    const both = await train(half, { rematerialise: saveEverything() })
    expect(both.plan).toEqual(marked.plan)
  })

  it('that compute all again keep nothing but what is fed', async () => {
    const { losses, plan } = await train(chain(), { rematerialise: saveNothing() })
    expect(losses).toEqual(plain.losses)
    expect(recomputedSteps(plan)).toBeGreaterThanOrEqual(DEPTH)
  })
})

describe('a budget', () => {
  it.each([0.9, 0.7, 0.5, 0.4])('of %f of the plain peak is kept', async (part) => {
    const bytes = part * plain.arena
    const got = await train(chain(), { rematerialise: budget(bytes) })
    expect(got.plan.arenaBytes).toBeLessThanOrEqual(bytes)
    expect(got.losses).toEqual(plain.losses)
  })

  it('that is enough computes nothing again', async () => {
    const { plan } = await train(chain(), { rematerialise: budget(plain.plan.arenaBytes) })
    expect(plan).toEqual(plain.plan)
  })

  it('takes less for less, down to one that is refused with the smallest', async () => {
    const counts: number[] = []
    for (const part of [1, 0.8, 0.6])
      counts.push(recomputedSteps((await train(chain(), { rematerialise: budget(part * plain.arena) })).plan))
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    const refused = (await train(chain(), { rematerialise: budget(100) }).catch((error: unknown) => error)) as Error
    expect(refused).toBeInstanceOf(SettingError)
    const smallest = Number(/smallest plan found takes (\d+)/.exec(refused.message)![1])
    const { plan } = await train(chain(), { rematerialise: budget(smallest) })
    expect(plan.arenaBytes).toBeLessThanOrEqual(smallest)
  })
})

describe('revolve', () => {
  /** The fewest layers to compute again, from a kept value, with so many slots, by dynamic programming. */
  const best = new Map<string, number>()
  const fewest = (length: number, slots: number): number => {
    if (length <= 1) return 0
    const key = `${length} ${slots}`
    let found = best.get(key)
    if (found === undefined) {
      found = Infinity
      // Without a slot, the last layer's input is where the computation stands.
      const middles = slots ? Array.from({ length: length - 1 }, (_, i) => i + 1) : [length - 1]
      for (const middle of middles)
        found = Math.min(found, middle + fewest(middle, slots) + fewest(length - middle, Math.max(0, slots - 1)))
      best.set(key, found)
    }
    return found
  }

  it('is optimal for chains', () => {
    for (let length = 1; length <= 40; length++) {
      for (let slots = 0; slots <= 6; slots++) {
        const computed = revolvePlan(length, slots).reduce((sum, { inside }) => sum + inside, 0)
        expect([length, slots, computed]).toEqual([length, slots, fewest(length, slots)])
      }
    }
  })

  it('keeps no more values at a time than there are slots', async () => {
    const arenas: number[] = []
    for (const slots of [0, 1, 2, 3]) {
      const got = await train(chain(), { rematerialise: revolve(slots) })
      expect(got.losses).toEqual(plain.losses)
      arenas.push(got.arena)
    }
    expect(arenas).toEqual(arenas.toSorted((a, b) => a - b))
  })
})

describe('what is kept in place of values', () => {
  const packing = (packed: Packing): Policy =>
    Object.assign((): Choice => 'preferSave', {
      plan: ({ values }: Stage) => new Map(values.filter((v) => v.isRead).map((v) => [v.tensor, packed])),
    })

  it('may be half of their bits', async () => {
    const halves: Packing = { pack: (t) => cast(t, 'float16'), unpack: (t, { dtype }) => cast(t, dtype) }
    const { arena, losses } = await train(chain(), { rematerialise: packing(halves) })
    expect(arena).toBeLessThan(0.75 * plain.arena)
    expect(losses[0]).toBe(plain.losses[0])
    expect(losses[2]).not.toBe(plain.losses[2])
    expect(losses[2]).toBeCloseTo(plain.losses[2], 4)
  })

  it('must become what they were', async () => {
    const sums: Packing = { pack: (t) => sum(t), unpack: (t) => t }
    await expect(train(chain(), { rematerialise: packing(sums) })).rejects.toMatchObject({
      code: 'SETTING',
      message: expect.stringMatching(/unpack must give back float32 \[64, 32\], got float32 \[\]/),
    })
  })

  it.each<[string, Packing, RegExp]>([
    [
      'pack throws',
      {
        pack: () => {
          throw new TypeError('no room')
        },
        unpack: (t) => t,
      },
      /the policy threw no room/,
    ],
    ['pack gives nothing', { pack: () => undefined as never, unpack: (t) => sum(t) }, /the policy threw/],
    ['unpack gives a number', { pack: (t) => t, unpack: () => 3 as never }, /unpack must give back .*, got 3/],
  ])('refuses what is no packing: %s', async (_, wrong, message) => {
    await expect(train(chain(), { rematerialise: packing(wrong) })).rejects.toMatchObject({
      code: 'SETTING',
      message: expect.stringMatching(message),
    })
  })

  it("is nothing where memory is the host's already", async () => {
    expect((await train(chain(), { rematerialise: offload(0) })).plan.steps).toEqual(plain.plan.steps)
  })
})

describe('plan keys', () => {
  it('tell policies apart, and find those of one key', async () => {
    const runs: Trained[] = []
    for (const rematerialise of [undefined, sqrt(), sqrt(), budget(1e9)])
      runs.push(await train(chain(), { rematerialise }))
    expect(runs[1].plan).toEqual(runs[2].plan)
    expect(runs[3].plan).toEqual(runs[0].plan)
    expect(sqrt().key).toBe(sqrt().key)
    expect(everyN(2).key).not.toBe(everyN(3).key)
  })
})

describe('refused', () => {
  it.each<[name: string, call: () => unknown]>([
    ['a budget below 0', () => budget(-1)],
    ['a budget of NaN', () => budget(NaN)],
    ['every layer of none', () => everyN(0)],
    ['every half layer', () => everyN(0.5)],
    ['slots below 0', () => revolve(-1)],
    ['no name', () => saveNames()],
    ['what is no text', () => saveNames(Symbol('a') as never)],
    ['bytes below 0 to offload', () => offload(-1)],
    ['an empty name', () => recomputeNames('')],
    ['a name that is none', () => saveNames(3 as never)],
  ])('%s', (_, call) => {
    expect(call).toThrow(SettingError)
  })

  const failing = (rematerialise: unknown): Promise<unknown> =>
    train(named, { rematerialise: rematerialise as Policy }).catch((error: unknown) => error)
  it('a name that no scope has, with those that there are', async () => {
    const error = (await failing(saveNames('attention'))) as Error
    expect(error).toBeInstanceOf(NameError)
    expect(error.message).toMatch(/no scope attention; there are even, inner, odd/)
  })

  it.each<[name: string, policy: unknown]>([
    ['throws', () => Object.keys(null as never)],
    ['answers what is no choice', () => 'maybe'],
    ['answers nothing', () => undefined],
    ['plans what is no map', Object.assign(() => 'mustSave', { plan: () => [] })],
    ['plans other values', Object.assign(() => 'mustSave', { plan: () => new Map([[tanh(1), 1]]) })],
    [
      'packs what it does not unpack',
      Object.assign(() => 'mustSave', {
        plan: ({ values }: { values: { tensor: Tensor }[] }) => new Map([[values[0].tensor, { pack: tanh }]]),
      }),
    ],
    [
      'plans half a time',
      Object.assign(() => 'mustSave', {
        plan: ({ values }: { values: { tensor: Tensor }[] }) => new Map([[values[0].tensor, 0.5]]),
      }),
    ],
    [
      'asks for the peak of what is no plan',
      Object.assign(() => 'mustSave', { plan: ({ peakOf }: Stage) => new Map([[tanh(1), peakOf(null as never)]]) }),
    ],
    [
      'asks for the peak of half a time',
      Object.assign(() => 'mustSave', {
        plan: ({ values, peakOf }: Stage) => new Map([[values[0].tensor, peakOf(new Map([[values[0].tensor, 0.5]]))]]),
      }),
    ],
    ['is none', 'sqrt'],
  ])('a policy that %s', async (_, policy) => {
    expect(await failing(policy)).toBeInstanceOf(SettingError)
  })
})
