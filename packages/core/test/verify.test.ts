import { reference } from '@gradloom/conformance'
import { cond, cumsum, scan } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { ambient, nestedOf, verifyPlan } from '../src/extend.ts'
import {
  assign,
  concat,
  createRuntime,
  exp,
  grad,
  greater,
  matmul,
  mean,
  mul,
  sub,
  sum,
  tanh,
  transpose,
  updates,
  type Plan,
  type Results,
  type Step,
  type Context,
  type Tensor,
} from '../src/index.ts'

const plain = reference()
const rt = createRuntime({ backends: [{ ...plain, capabilities: { ...plain.capabilities, fuse: true } }] })
afterAll(() => rt.close())

type Draft<T> = T extends string | number | boolean | null ? T : { -readonly [K in keyof T]: Draft<T[K]> }
type StepOf<T extends Step['type']> = Extract<Draft<Step>, { type: T }>

const planOf = (body: (ctx: Context) => Results): Promise<Plan> => {
  const env = rt.variables()
  env.name('w').set(
    new Float32Array(64 * 64).map((_, i) => Math.sin(i)),
    { dtype: 'float32' },
  )
  env.name('v').set([1, 2, 3, 4])
  return env.compile(body).plan()
}
const softmax = (t: Tensor): Tensor => {
  const e = exp(t)
  return e.div(sum(e, { axis: 1, keepDims: true }))
}
const fed = (ctx: Context, ...shape: number[]): Tensor => ctx.placeholder('x', shape)

/** Two layers, their gradients, and updates in place. */
const training = await planOf((ctx) => {
  const [w] = ctx.variables()
  const m = w.reshape([64, 64])
  const h = tanh(matmul(fed(ctx, 5, 64), m))
  const loss = mean(softmax(matmul(h, transpose(m))).mul(h))
  return { loss, h, train: updates(assign(w, sub(w, mul(grad([loss], [w])[0], 0.1)))) }
})
/** A chain whose values take one another's memory. */
const chain = await planOf((ctx) => {
  const x = fed(ctx, 8, 8)
  return { y: matmul(tanh(matmul(tanh(matmul(x, x)), x)), x) }
})
/** Rows that are read in two passes, and written. */
const rows = await planOf((ctx) => ({ y: matmul(softmax(matmul(fed(ctx, 6, 6), fed(ctx, 6, 6))), fed(ctx, 6, 6)) }))
const assembled = await planOf((ctx) => ({ y: concat([fed(ctx, 3, 4), exp(fed(ctx, 3, 4))], 1) }))
const kernels = await planOf((ctx) => ({ y: tanh(cumsum(exp(fed(ctx, 3, 4)), { axis: 1 })) }))
const scanned = await planOf((ctx) => {
  const [last, ys] = scan(
    (c: Tensor, x) => [tanh(matmul(c, x)), matmul(x, c)],
    exp(fed(ctx, 4, 4)),
    exp(ctx.placeholder('xs', [5, 4, 4])),
  )
  return { last, ys }
})
const chosen = await planOf((ctx) => {
  const x = fed(ctx, 4, 4)
  const [y] = cond(
    greater(sum(x), 0),
    () => [tanh(matmul(x, x))],
    () => [x.mul(3)],
  )
  return { y: y.add(1) }
})

/** A plan with a fault. */
function broken(plan: Plan, plant: (draft: Draft<Plan>) => void): Plan {
  const draft = structuredClone(plan) as Draft<Plan>
  plant(draft)
  return draft as Plan
}
const stepOf = <T extends Step['type']>({ steps }: Draft<Plan>, type: T, label = ''): StepOf<T> => {
  const found = steps.find((s) => s.type === type && s.label.includes(label))
  if (!found) throw new Error(`no ${type} ${label} among ${steps.map((s) => `${s.type} ${s.label}`).join(', ')}`)
  return found as StepOf<T>
}
const arenaBuffer = ({ buffers }: Draft<Plan>, b: number): { byteOffset: number; size: number } => {
  const buffer = buffers[b]
  if (buffer.kind !== 'arena') throw new Error(`buffer ${b} is an input`)
  return buffer
}

describe('verifyPlan', () => {
  it('is on: every plan that these tests compile was verified, plans within steps first', async () => {
    expect(ambient.onPlan).toBe(verifyPlan)
    const seen: Plan[] = []
    ambient.onPlan = (plan) => {
      seen.push(plan)
    }
    try {
      const plan = await planOf((ctx) => ({
        y: scan((c: Tensor, x) => [c.add(x), null], fed(ctx, 2), ctx.placeholder('xs', [3, 2]))[0],
      }))
      expect(seen).toHaveLength(2)
      expect(seen[1]).toBe(plan)
      expect(plan.steps.flatMap(nestedOf).map((n) => n.plan)).toEqual([seen[0]])
    } finally {
      ambient.onPlan = verifyPlan
    }
  })

  it('lets pass what the compiler makes', () => {
    for (const plan of [training, chain, rows, assembled, kernels, scanned, chosen])
      expect(() => verifyPlan(plan)).not.toThrow()
    // Or else the faults below would prove nothing.
    expect(chain.arenaBytes).toBeLessThan(5 * 256)
    expect(training.inputs.some((i) => i.written)).toBe(true)
  })

  const faults: readonly (readonly [name: string, plan: Plan, plant: (draft: Draft<Plan>) => void, message: string])[] =
    [
      [
        'allocate: memory is given away while it is in use',
        chain,
        (p) => {
          const { a, out } = p.steps.findLast((s) => s.type === 'contraction') as StepOf<'contraction'>
          arenaBuffer(p, out).byteOffset = arenaBuffer(p, a.buffer).byteOffset
        },
        'memory that nothing uses required',
      ],
      [
        'allocate: a result does not live to the end',
        training,
        (p) => {
          const [loss, h] = p.outputs
          arenaBuffer(p, loss.buffer).byteOffset = arenaBuffer(p, h.buffer).byteOffset
        },
        'memory that nothing uses required',
      ],
      [
        'allocate: regions overlap in part',
        chain,
        (p) => {
          for (const b of p.buffers) if (b.kind === 'arena' && b.byteOffset > 0) b.byteOffset -= 64
        },
        'memory that nothing uses required',
      ],
      [
        'allocate: the arena is smaller than what lies in it',
        training,
        (p) => {
          p.arenaBytes -= 64
        },
        'a place within the arena',
      ],
      [
        'allocate: a place is not aligned',
        chain,
        (p) => {
          p.arenaBytes += 64
          for (const b of p.buffers) if (b.kind === 'arena') b.byteOffset += 16
        },
        'a place at a multiple of 64 bytes',
      ],
      [
        'allocate: a kernel writes over what it reads elsewhere',
        chain,
        (p) => {
          const loop = stepOf(p, 'loop', 'tanh')
          const [read] = loop.reads
          // From the last element to the first.
          read.offset = 63
          read.strides = [-1]
        },
        'memory that nothing uses required',
      ],
      [
        'allocate: a kernel writes over what a later pass of it reads',
        rows,
        (p) => {
          const loop = p.steps.find((s) => s.type === 'loop' && s.phases.length > 1) as StepOf<'loop'>
          const last = loop.phases.at(-1)!
          const [{ access }] = last.write
          const source = loop.reads.find((r) => r.buffer !== access.buffer)!
          // What the last pass reads of its own, it now takes from the source, which lies in the same memory.
          for (const c of last.code) if (c.op === 'read') c.read = loop.reads.indexOf(source)
          expect(arenaBuffer(p, source.buffer).byteOffset).toBe(arenaBuffer(p, access.buffer).byteOffset)
        },
        'memory that nothing uses required',
      ],
      [
        'order: a step runs before the one whose result it reads',
        training,
        (p) => {
          p.steps.reverse()
        },
        'a value that was written required',
      ],
      [
        'order: a step is left out',
        assembled,
        (p) => {
          p.steps.length = 0
        },
        'a result that a step writes required',
      ],
      [
        'order: a value in use is computed again over what replaced it',
        chain,
        (p) => {
          p.steps.push(structuredClone(p.steps[0]))
        },
        'memory that nothing uses required',
      ],
      [
        'commit: a variable is written that does not say so',
        training,
        (p) => {
          for (const input of p.inputs) input.written = false
        },
        'an input that says `written` required',
      ],
      [
        'commit: a product is written over its operand',
        chain,
        (p) => {
          const product = p.steps.findLast((s) => s.type === 'contraction') as StepOf<'contraction'>
          product.out = product.a.buffer
        },
        'element by element',
      ],
      [
        'commit: a variable is updated in place by a kernel that reads it elsewhere',
        training,
        (p) => {
          const update = p.steps.findLast((s) => s.type === 'loop') as StepOf<'loop'>
          const { buffer } = p.inputs.find((i) => i.written)!
          for (const read of update.reads)
            if (read.buffer === buffer) {
              read.offset = 64 * 64 - 1
              read.strides = [-1]
            }
        },
        'element by element',
      ],
      [
        'numbering: two buffers change numbers',
        chain,
        (p) => {
          const product = p.steps.findLast((s) => s.type === 'contraction') as StepOf<'contraction'>
          const { out } = product
          product.out = product.a.buffer
          product.a.buffer = out
        },
        'a value that was written required',
      ],
      [
        'numbering: a step names a buffer that is not there',
        kernels,
        (p) => {
          stepOf(p, 'kernel').inputs[0].buffer = p.buffers.length
        },
        'a buffer required, got number',
      ],
      [
        'numbering: inputs change places',
        training,
        (p) => {
          p.inputs.reverse()
        },
        'required',
      ],
      [
        'numbering: a result is another buffer than its shape says',
        training,
        (p) => {
          const [loss, h] = p.outputs
          loss.buffer = h.buffer
        },
        'float32 [] required',
      ],
      [
        'numbering: a kernel gets an argument of another shape',
        kernels,
        (p) => {
          stepOf(p, 'kernel').inputs[0].shape = [3, 5]
        },
        'float32 [3,5] required',
      ],
      [
        'numbering: a dtype is another than the buffer has',
        training,
        (p) => {
          stepOf(p, 'loop').reads[0].dtype = 'int32'
        },
        'int32 required',
      ],
      [
        'access: a region ends beyond its buffer',
        assembled,
        (p) => {
          const loop = p.steps.findLast((s) => s.type === 'loop') as StepOf<'loop'>
          loop.phases[0].write[0].access.offset += 1
        },
        'indices within the buffer required',
      ],
      [
        'access: a stride is too long',
        training,
        (p) => {
          stepOf(p, 'contraction').b.row += 1
        },
        'within the buffer required',
      ],
      [
        'access: an element is written twice',
        assembled,
        (p) => {
          const loop = p.steps.findLast((s) => s.type === 'loop') as StepOf<'loop'>
          loop.phases[0].write[0].access.strides[0] = 1
        },
        'each element written once required',
      ],
      [
        'plans within steps: the arena is too small',
        scanned,
        (p) => {
          const { plan, arena } = stepOf(p, 'scan')
          expect(plan.arenaBytes).toBeGreaterThan(0)
          p.buffers[arena].size -= 1
        },
        'an arena of',
      ],
      [
        'plans within steps: carry and next carry are one slot',
        scanned,
        (p) => {
          const { plan, places } = stepOf(p, 'scan')
          const next = places.find((x, i) => plan.inputs[i].written && x.count === 2)!
          const carry = places.find((x) => x !== next && x.buffer === next.buffer)!
          next.first = carry.first
        },
        'element by element',
      ],
      [
        'plans within steps: rows are larger than their part of the buffer',
        scanned,
        (p) => {
          const place = stepOf(p, 'scan').places.find((x) => x.count === 5)!
          place.count = 6
        },
        'parts of 16 float32 required',
      ],
      [
        'plans within steps: they lack memory of their own',
        scanned,
        (p) => {
          stepOf(p, 'scan').plan.arenaBytes = 0
        },
        'a place within the arena of 0 bytes',
      ],
      [
        'plans within steps: they read what nothing wrote',
        scanned,
        (p) => {
          stepOf(p, 'scan').plan.steps.reverse()
        },
        'a value that was written required',
      ],
      [
        'plans within steps: one branch leaves a result out',
        chosen,
        (p) => {
          for (const input of stepOf(p, 'cond').branches[1].plan.inputs) input.written = false
        },
        'required',
      ],
    ]
  it.each(faults)('finds a fault of %s', (_, plan, plant, message) => {
    expect(() => verifyPlan(broken(plan, plant))).toThrow(
      expect.objectContaining({ name: 'PlanError', code: 'PLAN', message: expect.stringContaining(message) as string }),
    )
  })

  it('names the step, the buffers, and where they lie', () => {
    const plan = broken(chain, (p) => {
      const { a, out } = p.steps.findLast((s) => s.type === 'contraction') as StepOf<'contraction'>
      arenaBuffer(p, out).byteOffset = arenaBuffer(p, a.buffer).byteOffset
    })
    expect(() => verifyPlan(plan)).toThrow(
      /^plan, step 4 \(matmul\): memory that nothing uses required, got some that step 4 uses; buffer \d, 64 float32, bytes 256 to 512 of the arena; buffer \d, 64 float32, bytes 256 to 512 of the arena$/,
    )
  })

  it('takes alignments of backends', () => {
    expect(() => verifyPlan(chain, { alignment: 4096 })).toThrow(expect.objectContaining({ code: 'PLAN' }))
    expect(() => verifyPlan(chain, { alignment: 16 })).not.toThrow()
  })
})
