import * as C from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'
import * as K from '@gradloom/checkpoint'
import * as nn from '@gradloom/nn'
import * as O from '@gradloom/ops'
import * as optim from '@gradloom/optim'
import { arr } from './zz-harness.ts'
const { tanh, matmul, mean, square, add, mul, sum } = C
const rnd = (seed: number) => () => { seed = (seed * 1664525 + 1013904223) >>> 0; return seed / 2 ** 32 }
const [from, secs] = process.argv.slice(2).map(Number)
const rt = C.createRuntime({ backends: [cpu({ threads: 1 })] })
const build = (seed: number, marks: boolean) => (ctx: any) => {
  const r = rnd(seed), q = rnd(seed * 7 + 1); const pick = (l: any[]) => l[Math.floor(r() * l.length)]
  const rng = O.createRng(seed)
  const ws = [0, 1, 2].map((i) => ctx.variable('w' + i))
  const x = ctx.placeholder('x', [8, 8])
  const pool: any[] = [x]
  const later = (): any => pool[Math.max(0, pool.length - 1 - Math.floor(r() * r() * pool.length))]
  const op = (depth: number): any => {
    const h = later()
    const k0 = Math.floor(r() * 26), k = k0 === 17 || k0 === 16 ? 1 : k0
    switch (k) {
      case 0: case 1: case 2: return tanh(matmul(h, pick(ws)))
      case 3: return nn.gelu(h)
      case 4: return add(h, later())
      case 5: return mul(h, later())
      case 6: return O.sin(h)
      case 7: return C.transpose(h)
      case 8: return nn.dropout(h, { rate: .3, rng })
      case 9: return nn.softmax(h)
      case 10: { const [a, b] = C.split(h, 2, 1 as any) as any; return C.concat([b, tanh(a)], 1 as any) }
      case 11: { const t = O.sort(h) as any; return add(t, h) }
      case 12: { const t = O.topK(h, 8); return mul(t.values, C.cast(t.indices, 'float32')) }
      case 13: return C.where(C.greater(h, later()), h, C.exp(C.minimum(later(), 1)))
      case 14: return nn.layerNorm(h) as any
      case 15: return C.reshape(C.flip(C.reshape(h, [4, 16]), 1 as any), [8, 8])
      case 16: { const p = C.greater(sum(h), 0); return O.cond(p, (h: any) => tanh(matmul(h, ws[0])), (h: any) => O.sin(h), h) as any }
      case 17: { const [c]: any = O.scan((c: any, xx: any) => { const f = (c: any) => tanh(add(matmul(nn.gelu(c), ws[1]), xx)); return [marks && q() < .5 ? K.checkpoint(f)(c) : f(c), null] }, h, C.stack([h, later(), O.cos(h)]) as any); return c }
      case 18: return C.stopGradient(h)
      case 19: return add(mul(h, 0.5), rng.normal([8, 8]))
      case 20: return C.cast(tanh(C.cast(h, 'float16')), 'float32')
      case 21: return O.cos(h)
      case 22: return C.sub(h, mean(h, { axis: 0 } as any))
      case 23: return C.takeAlongAxis(h, O.argsort(later()) as any, 1 as any)
      default: {
        if (depth > 3) return tanh(h)
        const n = 1 + Math.floor(r() * 5)
        const f = () => { let y: any; const keep = pool.length; for (let i = 0; i < n; i++) { y = op(depth + 1); pool.push(y) } const extra = r() < .3; if (!extra) pool.length = keep; return [y] }
        const kind = q()
        const pol = kind < .2 ? { policy: K.saveContractions() } : kind < .3 ? { policy: K.sqrt() } : kind < .4 ? { policy: K.everyN(1) } : kind < .5 ? { policy: (() => ['mustSave', 'mustRecompute', 'preferRecompute', 'preferSave'][Math.floor(q() * 4)]) as any } : undefined
        return (marks ? K.checkpoint(f, pol)() : f())[0]
      }
    }
  }
  for (let i = 0; i < 14; i++) pool.push(op(0))
  let y = pool.slice(-3).reduce((a, b) => add(a, b))
  let loss: any = mean(square(tanh(y)))
  if (r() < .2) { try { const [g] = C.grad([loss], [x], { allowUnused: true } as any); loss = add(loss, mean(square(g))) } catch {} }
  const gs = C.grad([loss], [x, ...ws], { allowUnused: true } as any)
  return { loss, y, mid: pool[5], u: C.updates(...ws.map((w, i) => C.assign(w, C.sub(w, mul(gs[i + 1], .1))))), gx: gs[0] }
}
const bits = (d: any) => Buffer.from(d.buffer.slice(d.byteOffset, d.byteOffset + d.byteLength)).toString('base64')
const run = async (seed: number, marks: boolean, pol: any) => { const env = rt.variables(); for (let i = 0; i < 3; i++) env.name('w' + i).set(arr([8, 8], seed + i)); const s: any = env.compile(build(seed, marks) as any, { rematerialise: pol }); const o: string[] = []; for (let i = 0; i < 2; i++) { const res = await s({ x: arr([8, 8], seed + i) }); for (const k of Object.keys(res)) o.push(k + bits(res[k].data)) } for (let i = 0; i < 3; i++) o.push(bits((await env.name('w' + i).get()).data)); const p = await s.plan({ x: arr([8, 8], seed) }); return { o, n: p.steps.filter((s: any) => s.pass === 'recompute').length, p } }
let n = 0, again = 0; const t0 = Date.now()
for (let seed = from; Date.now() - t0 < secs * 1000; seed++) {
  let want: any
  try { want = await run(seed, false, undefined) } catch (e: any) { if (n < 3) console.log('plain', seed, e.message.slice(0, 200)); continue }
  const q = rnd(seed + 99)
  const deep = Object.assign(() => 'mustSave', { plan: (s: any) => new Map(s.values.map((v: any) => [v.tensor, Math.floor(q() * 4)])) })
  for (const [name, m, p] of [['seg', true, undefined], ['nothing', false, K.saveNothing()], ['deep', false, deep], ['seg+deep', true, deep], ['seg+contr', true, K.saveContractions()], ['rev', false, K.revolve(0)], ['budget', false, K.budget(want.p.arenaBytes * .85)]] as any) {
    try { const g = await run(seed, m, p); n++; again += g.n; const i = g.o.findIndex((s: string, i: number) => s !== want.o[i]); if (i >= 0) console.log('DIFF', seed, name, i, g.o[i].slice(0, 40), want.o[i].slice(0, 40)) } catch (e: any) { if (!/smallest plan/.test(e.message)) console.log('ERR', seed, name, e.name, e.message.slice(0, 200), e.stack.split('\n').slice(1, 4).join('|')) }
  }
}
console.log('runs', n, 'recomputed', again)
await rt.close()
