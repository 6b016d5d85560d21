import { createRuntime, type Plan } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryTimeline } from '../src/index.ts'
import { fusing, moves, planOf, randomProgram, sizes, smallStep } from './programs.ts'

/** What regions of the arena are rounded up to. */
const ALIGNMENT = 64

test('a small training step in words', async () => {
  const rt = createRuntime({ backends: [fusing()] })
  const plan = await smallStep(rt).plan({ x: new Float32Array(300) })
  await rt.close()
  expect(String(memoryTimeline(plan))).toMatchInlineSnapshot(`
    "arena 960 B over 4 steps, most in step 2: 828 B
    all                            828 B            ███▁
    matmul in layer                800 B  forward   █···
    tanh+mul+sum+div+mul in layer  800 B  backward  ·██·
    matmul in layer                 24 B  backward  ··██
    tanh+mul+sum+div+mul in layer    4 B  backward  ·███"
  `)
})

test('bands never overlap, and are as high as the arena', async () => {
  await fc.assert(
    fc.asyncProperty(moves, sizes, async (list, n) => {
      const plan = await randomProgram(list, n)
      const { bands, bytes, arenaBytes, peakBytes, peakStep } = memoryTimeline(plan)
      expect(arenaBytes).toBe(plan.arenaBytes)
      const top = Math.max(0, ...bands.map((b) => b.end))
      expect(Math.ceil(top / ALIGNMENT) * ALIGNMENT).toBe(plan.arenaBytes)
      bands.forEach((a, i) => {
        expect(a.first).toBeLessThanOrEqual(a.last)
        for (const b of bands.slice(i + 1)) {
          const isApart = a.last < b.first || b.last < a.first || a.end <= b.start || b.end <= a.start
          expect([a, b, isApart]).toEqual([a, b, true])
        }
      })
      expect(peakBytes).toBe(Math.max(...bytes))
      expect(bytes[peakStep]).toBe(peakBytes)
      expect(peakBytes).toBeLessThanOrEqual(arenaBytes)
    }),
    { numRuns: 40 },
  )
})

/** Buffers of the arena that a step uses. */
const usedBy = (plan: Plan, step: number): number[] => {
  const { reads, writes } = accessOf(plan.steps[step])
  return [...reads, ...writes].filter((b) => plan.buffers[b].kind === 'arena')
}

test('a buffer has a band as long as steps use it, but for the step that writes another in its place', async () => {
  await fc.assert(
    fc.asyncProperty(moves, sizes, async (list, n) => {
      const plan = await randomProgram(list, n)
      const { bands } = memoryTimeline(plan)
      plan.steps.forEach((_, i) => {
        for (const buffer of usedBy(plan, i)) {
          const band = bands.find((b) => b.buffer === buffer)!
          const isThere = band.first <= i && i <= band.last
          const successor = bands.find((b) => b.first === i && b.start === band.start && b !== band)
          expect(isThere || (band.last === i - 1 && successor !== undefined)).toBe(true)
        }
      })
      for (const { buffer } of plan.outputs) {
        const band = bands.find((b) => b.buffer === buffer)
        if (band) expect([band.isOutput, band.last]).toEqual([true, plan.steps.length - 1])
      }
    }),
    { numRuns: 40 },
  )
})

test('a plan without steps has an empty timeline', async () => {
  const plan = await planOf((ctx) => ({ y: ctx.placeholder('x', [2]) }), { x: [1, 2] })
  const timeline = memoryTimeline(plan)
  expect([timeline.peakBytes, timeline.peakStep, timeline.bands]).toEqual([0, -1, []])
  expect(String(timeline)).toContain('0 steps')
})

test('JSON has all of it, the text apart', async () => {
  const timeline = memoryTimeline(await randomProgram([{ op: 1, from: 0 }], 8))
  expect(JSON.parse(JSON.stringify(timeline))).toEqual({ ...timeline })
})
