import { scan } from '@gradloom/ops'
import { describe, expect, it } from 'vitest'
import { ambient, nestedOf, verifyPlan } from '../src/extend.ts'
import { type Plan, type Tensor } from '../src/index.ts'
import {
  type Draft,
  type StepOf,
  planOf,
  fed,
  training,
  chain,
  rows,
  assembled,
  kernels,
  scanned,
  chosen,
  broken,
  stepOf,
  arenaBuffer,
} from './verify-support.ts'

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
