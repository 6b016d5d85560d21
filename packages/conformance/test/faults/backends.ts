import type { Access, Backend, LoopKernel, Plan, Step } from '@gradloom/core'
import { reference, type ReferenceKernel } from '../../src/index.ts'
import { kernels } from '../../src/reference/kernels/index.ts'

/** A mistake in a backend: the reference with some of its plans or kernels changed. */
export interface BackendFault {
  readonly name: string
  readonly sampled: readonly string[]
  readonly create: () => Backend
}

function changed(
  change: (plan: Plan) => Plan,
  replaced: Readonly<Record<string, ReferenceKernel>> = {},
): () => Backend {
  return () => {
    const right = reference()
    const prepareSync: Required<Backend>['prepareSync'] = (plan, given) =>
      right.prepareSync!(change(plan), new Map([...given, ...Object.entries(replaced)]))
    return { ...right, prepareSync, prepare: async (plan, given) => prepareSync(plan, given) }
  }
}
const steps = (change: (step: Step) => Step): (() => Backend) =>
  changed((plan) => ({ ...plan, steps: plan.steps.map(change) }))
const loops = (change: (kernel: LoopKernel) => LoopKernel): (() => Backend) =>
  steps((s) => (s.type === 'loop' ? { ...s, ...change(s) } : s))
const reads = (change: (access: Access) => Access): (() => Backend) =>
  loops((k) => ({ ...k, reads: k.reads.map(change) }))
const kernel = (name: string, make: (right: ReferenceKernel) => ReferenceKernel): (() => Backend) =>
  changed((plan) => plan, { [name]: make(kernels.get(name)!) })

/** Mistakes that people make in backends. */
export const backendFaults: readonly BackendFault[] = [
  {
    name: 'negative strides lose their sign',
    sampled: ['flip', 'slice'],
    create: reads((a) => (a.strides.some((s) => s < 0) ? { ...a, offset: 0, strides: a.strides.map(Math.abs) } : a)),
  },
  { name: 'offsets are ignored', sampled: ['slice', 'split'], create: reads((a) => ({ ...a, offset: 0 })) },
  {
    name: 'the last element of a reduction is left out',
    sampled: ['sum'],
    create: loops((k) => ({ ...k, inner: k.inner.map((n, i) => (i === k.inner.length - 1 && n > 1 ? n - 1 : n)) })),
  },
  {
    name: 'min for max',
    sampled: ['max'],
    create: loops((k) => ({
      ...k,
      phases: k.phases.map((p) => ({
        ...p,
        reduce: p.reduce.map((r) => (r.kind === 'max' ? { ...r, kind: 'min' } : r)),
      })),
    })),
  },
  {
    name: 'argMin for argMax',
    sampled: ['argMax'],
    create: loops((k) => ({
      ...k,
      phases: k.phases.map((p) => ({
        ...p,
        reduce: p.reduce.map((r) => (r.kind === 'argMax' ? { ...r, kind: 'argMin' } : r)),
      })),
    })),
  },
  {
    name: 'batches of a product that always advance',
    sampled: ['matmul'],
    create: steps((s) => (s.type === 'contraction' ? { ...s, a: { ...s.a, batch: s.a.batch.map(() => 0) } } : s)),
  },
  {
    name: 'a product that reads its right side transposed',
    sampled: ['matmul'],
    create: steps((s) =>
      s.type === 'contraction' && s.k === s.n ? { ...s, b: { ...s.b, row: s.b.column, column: s.b.row } } : s,
    ),
  },
  {
    name: 'casts that round',
    sampled: ['cast'],
    create: loops((k) => ({
      ...k,
      phases: k.phases.map((p) => ({
        ...p,
        code: p.code.map((c) => (c.op === 'cast' && c.dtype === 'int32' ? { ...c, op: 'floor' as const } : c)),
      })),
    })),
  },
  {
    name: 'repeated indices overwrite',
    sampled: ['scatterAdd', 'take'],
    create: kernel('scatterAdd', (right) => (attrs, [x, indices, updates], out) => {
      const last = new Map<number, number>()
      indices.data.forEach((v, i) => last.set(v, i))
      const data = updates.data.slice()
      const inner = data.length / Math.max(1, indices.data.length)
      indices.data.forEach((v, i) => {
        if (last.get(v) !== i && (attrs as { axis: number }).axis === 0) data.fill(0, i * inner, (i + 1) * inner)
      })
      right(attrs, [x, indices, { ...updates, data }], out)
    }),
  },
  {
    name: 'negative indices clamp to 0',
    sampled: ['take'],
    create: kernel(
      'take',
      (right) =>
        (attrs, [x, indices], out) =>
          right(attrs, [x, { ...indices, data: indices.data.map((v: number) => Math.max(0, v)) }], out),
    ),
  },
  {
    name: 'a sort that is not stable',
    sampled: ['argsort'],
    create: kernel('argsort', (right) => (attrs, inputs, [out]) => {
      right({ ...(attrs as object), descending: false } as never, inputs, [out])
      const { axis, descending } = attrs as { axis: number; descending: boolean }
      const n = out.shape[axis]
      if (descending && axis === out.shape.length - 1)
        for (let at = 0; at < out.data.length; at += n) out.data.subarray(at, at + n).reverse()
    }),
  },
  {
    name: 'a scan without its own element',
    sampled: ['cumsum'],
    create: kernel('cumsum', (right) => (attrs, [x], [out]) => {
      right(attrs, [x], [out])
      out.data.forEach((v, i) => {
        out.data[i] = v - x.data[i]
      })
    }),
  },
  {
    name: 'a scan from the wrong end',
    sampled: ['scan'],
    create: steps((s) => (s.type === 'scan' ? { ...s, reverse: !s.reverse } : s)),
  },
  {
    name: 'a scan that reads its parts from the first on',
    sampled: ['scan'],
    create: steps((s) =>
      s.type === 'scan'
        ? { ...s, places: s.places.map((p, i) => (s.plan.inputs[i].written ? p : { ...p, first: 0 })) }
        : s,
    ),
  },
  {
    name: 'a scan that stops before its last iteration',
    sampled: ['scan'],
    create: steps((s) => (s.type === 'scan' && s.length > 1 ? { ...s, length: s.length - 1 } : s)),
  },
  {
    name: 'a cond that takes the other branch',
    sampled: ['cond'],
    create: steps((s) => (s.type === 'cond' ? { ...s, branches: [s.branches[1], s.branches[0]] } : s)),
  },
]
