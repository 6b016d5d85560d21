import { describe, expect, it } from 'vitest'
import { graphOf } from '../src/plan/graph.ts'
import { drawingOf, firstOpen, groupKey } from '../src/plan/groups.ts'
import { MODELS, planOf } from '../src/plan/models.ts'

describe('plans as graphs', () => {
  for (const name of MODELS)
    it(`${name}: every step is there once, and edges lead from earlier to later steps`, async () => {
      const { plan } = await planOf(name, true, 'cpu')
      const graph = graphOf(plan)
      const feeds = graph.nodes.filter(({ type }) => type === 'feed')
      expect(graph.nodes).toHaveLength(plan.steps.length + feeds.length)
      expect(feeds.map(({ label }) => label).sort()).toEqual(['x', 'y'])
      for (const { from, to } of graph.edges) expect(from < to || from >= plan.steps.length).toBe(true)
      const sides = new Set(graph.nodes.map(({ side }) => side))
      expect([...sides].sort()).toEqual(['backward', 'forward', 'update'])
    })

  it('the loss alone is forward, and nothing else', async () => {
    const graph = graphOf((await planOf('mlp', false, 'cpu')).plan)
    expect(new Set(graph.nodes.map(({ side }) => side))).toEqual(new Set(['forward']))
  })

  it('boxes hold every step once, whatever is open, and lines lose no bytes but those inside', async () => {
    const graph = graphOf((await planOf('gpt', true, 'cpu')).plan)
    const all = new Set(graph.nodes.flatMap(({ side, scope }) => partsOf(scope).map((part) => groupKey(side, part))))
    for (const open of [new Set<string>(), firstOpen(graph), all]) {
      const { boxes, lines } = drawingOf(graph, open)
      const steps = boxes.flatMap((box) => box.steps.map(({ id }) => id)).sort((a, b) => a - b)
      expect(steps).toEqual(graph.nodes.map(({ id }) => id).sort((a, b) => a - b))
      const keys = new Set(boxes.map(({ key }) => key))
      for (const { from, to } of lines) expect(keys.has(from) && keys.has(to)).toBe(true)
    }
    const everything = drawingOf(graph, all).lines.reduce((sum, line) => sum + line.byteLength, 0)
    expect(everything).toBe(graph.edges.reduce((sum, edge) => sum + edge.byteLength, 0))
  })

  it('products tell their work: 2 m n k', async () => {
    const graph = graphOf((await planOf('mlp', false, 'cpu')).plan)
    const work = graph.nodes.flatMap(({ type, flops }) => (type === 'contraction' ? [flops] : []))
    expect(work).toContain(2 * 32 * 784 * 64)
    expect(graph.text).toContain('matmul')
  })
})

const partsOf = (scope: string): string[] => {
  const parts = scope.split('/')
  return scope ? parts.map((_, i) => parts.slice(0, i + 1).join('/')) : []
}
