import { createModule, f32x4, hasRelaxedSimd, v128 } from '@gradloom/blas-wasm'

/** Twelve chains of dependent operations hide a latency of up to six cycles at two a cycle, and leave registers for the
 * operands. */
const CHAINS = 12
const LANES = 4
const FLOPS = 2 * LANES * CHAINS

/** The most that one core of this machine does in 128-bit WebAssembly: GFLOPS of a loop without memory.
 * relaxed: fused multiply-add; simd128: a multiplication and an addition. */
export interface Peak {
  readonly relaxed: number | null
  readonly simd128: number
}

export async function measurePeak(): Promise<Peak> {
  return { relaxed: hasRelaxedSimd() ? await loop(true) : null, simd128: await loop(false) }
}

async function loop(relaxed: boolean): Promise<number> {
  const m = createModule()
  m.func({ name: 'peak', params: ['i32', 'f32', 'f32'], result: 'f32', export: true }, (f) => {
    const [count, factor, term] = f.params
    const a = f.let(f32x4.splat(factor))
    const b = f.let(f32x4.splat(term))
    const chains = Array.from({ length: CHAINS }, (_, i) => f.let(f32x4.splat(i / CHAINS)))
    const i = f.local('i32')
    f.for(i, 0, count, 1, () => {
      for (const x of chains) f.set(x, relaxed ? f32x4.relaxedMadd(x, a, b) : f32x4.add(f32x4.mul(x, a), b))
    })
    f.return(
      f32x4.extractLane(
        chains.slice(1).reduce((sum, x) => f32x4.add(sum, x), v128.or(chains[0], chains[0])),
        0,
      ),
    )
  })
  const { instance } = await WebAssembly.instantiate(m.toBytes(), {})
  const peak = instance.exports['peak'] as (count: number, factor: number, term: number) => number
  const count = 1e6
  let best = Infinity
  // The engine's baseline code runs first; the best of many is the machine's.
  for (let round = 0; round < 40; round++) {
    const begin = performance.now()
    peak(count, 0.5, 0.25)
    best = Math.min(best, performance.now() - begin)
  }
  return (count * FLOPS) / best / 1e6
}
