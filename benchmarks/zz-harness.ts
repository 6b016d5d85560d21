import * as C from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'
import * as K from '@gradloom/checkpoint'
import * as nn from '@gradloom/nn'
import * as O from '@gradloom/ops'
import * as optim from '@gradloom/optim'
export const vals = (length: number, seed: number): Float32Array => Float32Array.from({ length }, (_, i) => ((Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453) % 1) / 2)
export const arr = (shape: number[], seed: number) => C.hostArray(vals(shape.reduce((a,b)=>a*b,1), seed), shape)
const bits = (a: any) => { const d = a.data; return `${a.dtype}[${a.shape}]` + Buffer.from(d.buffer ? d.buffer.slice(d.byteOffset, d.byteOffset+d.byteLength) : Uint8Array.from(d)).toString('base64') }
export type Wrap = <A extends any[], R>(fn: (...a: A) => R) => (...a: A) => R
export const wraps: Record<string, Wrap> = {
  plain: (f) => f,
  seg: (f) => K.checkpoint(f as any) as any,
  seg5: (f) => { let g: any = f; for (let i=0;i<5;i++) g = K.checkpoint(g); return g },
  segC: (f) => K.checkpoint(f as any, { policy: K.saveContractions() }) as any,
  segSqrt: (f) => K.checkpoint(f as any, { policy: K.sqrt() }) as any,
  segE1: (f) => K.checkpoint(f as any, { policy: K.everyN(1) }) as any,
  group: (f) => (...a: any[]) => K.createCheckpointGroup().checkpointFn(a.filter((t:any)=>t instanceof C.Tensor), (() => (f as any)(...a)) as any) as any,
  val: (f) => (...a: any[]) => { const r: any = (f as any)(...a); return r instanceof C.Tensor ? K.checkpoint(r) : r },
}
export const policies: Record<string, () => C.Policy | undefined> = {
  none: () => undefined, nothing: K.saveNothing, everything: K.saveEverything, contr: K.saveContractions, sqrt: K.sqrt, e1: () => K.everyN(1), e2: () => K.everyN(2), e1000: () => K.everyN(1000), rev1: () => K.revolve(1), rev2: () => K.revolve(2),
  inf: () => K.budget(Infinity), b0: () => K.budget(0), b1: () => K.budget(1), must: () => () => 'mustRecompute', rand: () => { let i = 0; return () => (['mustSave','mustRecompute','preferRecompute','preferSave'] as const)[(i++ * 7 + (i>>2)) % 4] },
}
export interface Case { vars?: Record<string, any>; feeds: (i: number) => any; body: (ctx: C.Context, w: Wrap) => any; steps?: number }
export async function runCase(c: Case, wrap: Wrap, pol: C.Policy | undefined, opt: any = { threads: 1 }) {
  const rt = C.createRuntime({ backends: [cpu(opt)] })
  try {
    const env = rt.variables()
    for (const [k, v] of Object.entries(c.vars ?? {})) env.name(k).set(v)
    const step: any = env.compile((ctx: any) => c.body(ctx, wrap), { rematerialise: pol })
    const out: string[] = []
    let arena = 0, again = 0, plain = 0
    for (let i = 0; i < (c.steps ?? 3); i++) {
      const f = c.feeds(i)
      const r = await step(f)
      for (const [k, v] of Object.entries(r)) out.push(i + ' ' + k + ' ' + bits(v))
      const p = await step.plan(f)
      arena = p.arenaBytes; plain = p.plainArenaBytes ?? p.arenaBytes; again = p.steps.filter((s: any) => s.pass === 'recompute').length
    }
    for (const k of Object.keys(c.vars ?? {})) out.push('var ' + k + ' ' + bits(await (env.name(k) as any).get()))
    return { out, arena, again, plain }
  } finally { await rt.close() }
}
export async function check(name: string, c: Case, opts: { wraps?: string[]; policies?: string[] } = {}) {
  let want: any
  try { want = await runCase(c, wraps.plain, undefined) } catch (e: any) { console.log(name, 'PLAIN FAILS', e.stack?.slice(0, 600)); return }
  const line: string[] = []
  const one = async (tag: string, w: Wrap, p: any, o?: any) => {
    try {
      const got = await runCase(c, w, p, o)
      const bad = got.out.findIndex((s: string, i: number) => s !== want.out[i])
      if (bad >= 0 || got.out.length !== want.out.length) console.log('  DIFF', name, tag, got.out[bad]?.slice(0, 90), 'WANT', want.out[bad]?.slice(0, 90))
      else line.push(`${tag}:${got.again}/${got.arena}`)
      if (got.plain !== want.arena && got.plain !== got.arena) line.push(`(plain ${got.plain} vs ${want.arena})`)
    } catch (e: any) {
      const m = String(e.message).slice(0, 160)
      if (/budget: [\d.]+ bytes required, the smallest/.test(m)) line.push(`${tag}:refused`)
      else console.log('  ERR', name, tag, e.name, m, e.stack.split('\n').slice(1,4).join(' | '))
    }
  }
  for (const w of opts.wraps ?? Object.keys(wraps)) if (w !== 'plain') await one(w, wraps[w], undefined)
  for (const p of opts.policies ?? Object.keys(policies)) { if (p !== 'none') await one(p, wraps.plain, policies[p]()) }
  await one('seg+rev1', wraps.seg, K.revolve(1)); await one('seg+half', wraps.seg, K.budget(want.arena * 0.7)); await one('half', wraps.plain, K.budget(want.arena * 0.7))
  await one('t2', wraps.seg, K.sqrt(), { threads: 2 })
  console.log(name, want.arena, line.join(' '))
}
