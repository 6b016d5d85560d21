import { reference } from '@gradloom/conformance'
import { describe, expect, it } from 'vitest'
import { BackendError, createRuntime, tensor, type Backend } from '../src/index.ts'

/** A backend whose start fails with each of these errors in turn, and then succeeds. */
function failing(name: string, ...errors: readonly Error[]): Backend & { readonly calls: string[] } {
  const inner = reference()
  const left = [...errors]
  const calls: string[] = []
  return {
    ...inner,
    name,
    calls,
    async start() {
      calls.push('start')
      const error = left.shift()
      if (error) throw error
      await inner.start()
    },
    close: () => (calls.push('close'), inner.close()),
  }
}
const absent = (name: string): BackendError => new BackendError(`${name}: an adapter required, none is there`)
const four = async (backends: readonly Backend[]): Promise<number> => {
  const rt = createRuntime({ backends })
  try {
    return (await rt.evaluate([tensor(2).mul(2)]))[0].item()
  } finally {
    await rt.close()
  }
}

describe('a backend that is not there', () => {
  it.each([0, 1, 2])('is left out at place %i, and the others run', async (place) => {
    const gone = failing('gone', absent('gone'), absent('gone'))
    const backends = [reference(), reference()].toSpliced(place, 0, gone)
    const rt = createRuntime({ backends })
    expect(rt.unavailable).toEqual([])
    expect((await rt.evaluate([tensor(2).mul(2)]))[0].item()).toBe(4)
    expect(rt.backends.map((b) => b.name)).toEqual(['reference', 'reference'])
    expect(rt.unavailable.map((error) => error.message)).toEqual(['gone: an adapter required, none is there'])
    expect(rt.memory()).toHaveLength(2)
    // What was given is as it was; and nothing asks again.
    expect(backends).toHaveLength(3)
    await rt.evaluate([tensor(3).mul(2)])
    await rt.recover()
    expect(gone.calls).toEqual(['start'])
    await rt.close()
    expect(gone.calls).toEqual(['start', 'close'])
  })
  it('is left out once, whatever calls overlap while it starts', async () => {
    const gone = failing('gone', absent('gone'))
    const rt = createRuntime({ backends: [gone, reference()] })
    const env = rt.variables()
    env.name('w').set([1, 2])
    const step = env.compile((ctx) => ({ y: ctx.variable('w').mul(ctx.placeholder('by', [])) }))
    const results = await Promise.all([rt.ready(), step({ by: 2 }), env.name('w').get(), step({ by: 3 })])
    expect([...results[1].y.data, ...results[2].data, ...results[3].y.data]).toEqual([2, 4, 1, 2, 3, 6])
    expect(rt.unavailable).toHaveLength(1)
    await rt.close()
  })
  it('alone fails loudly, and the next call tries again', async () => {
    const rt = createRuntime({ backends: [failing('gone', absent('gone'))] })
    await expect(rt.ready()).rejects.toThrow(absent('gone'))
    expect((await rt.evaluate([tensor(2).mul(2)]))[0].item()).toBe(4)
    await rt.close()
  })
  it('beside others that are not there either is an error that names them all', async () => {
    await expect(four([failing('one', absent('one')), failing('two', absent('two'))])).rejects.toMatchObject({
      name: 'BackendError',
      message: 'one: an adapter required, none is there; two: an adapter required, none is there',
    })
  })
  it('is no excuse for what is broken: other errors fail the call', async () => {
    const broken = (): Backend => failing('broken', new RangeError('a fault'))
    await expect(four([broken(), reference()])).rejects.toThrow('a fault')
    await expect(four([failing('gone', absent('gone')), broken(), reference()])).rejects.toThrow('a fault')
  })
})
