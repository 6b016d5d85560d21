import { describe, expect, it } from 'vitest'
import { contour } from '../src/pages/train/contour.ts'
import { centred, ink, SIDE } from '../src/pages/train/digit.ts'
import { gridOf, planeData } from '../src/session/plane.ts'

const massOf = (image: Float32Array): readonly [number, number] => {
  let [total, x, y] = [0, 0, 0]
  image.forEach((value, i) => {
    total += value
    x += value * (i % SIDE)
    y += value * Math.floor(i / SIDE)
  })
  return [x / total, y / total]
}

describe('drawings', () => {
  it('are brought to the size and the middle that digits have, wherever they were drawn', () => {
    for (const [left, top, length] of [
      [3, 2, 8],
      [20, 15, 12],
      [14, 1, 26],
    ]) {
      const drawing = new Float32Array(SIDE * SIDE)
      for (let i = 0; i < length; i += 0.5) ink(drawing, left, top + i)
      const image = centred(drawing)
      const [x, y] = massOf(image)
      expect(Math.abs(x - 13.5)).toBeLessThan(0.75)
      expect(Math.abs(y - 13.5)).toBeLessThan(0.75)
      const inked = Array.from({ length: SIDE }, (_, row) =>
        image.subarray(row * SIDE, (row + 1) * SIDE).some((v) => v > 0.3),
      )
      expect(inked.filter(Boolean).length).toBeGreaterThanOrEqual(18)
      expect(inked.filter(Boolean).length).toBeLessThanOrEqual(21)
    }
  })

  it('are nothing where nothing was drawn', () => {
    expect(centred(new Float32Array(SIDE * SIDE)).some(Boolean)).toBe(false)
  })
})

describe('the boundary', () => {
  it('lies where the values change their sign: on a circle for a circle', () => {
    const side = 64
    const grid = gridOf(side)
    const values = Float32Array.from({ length: side * side }, (_, i) => 0.5 - Math.hypot(grid[2 * i], grid[2 * i + 1]))
    const lines = contour(values, side)
    expect(lines.length).toBeGreaterThan(60)
    for (const [x, y] of lines) {
      const radius = Math.hypot((2 * x) / side - 1, 1 - (2 * y) / side)
      expect(radius).toBeCloseTo(0.5, 2)
    }
  })

  it('is nowhere where all values have one sign', () => {
    expect(contour(new Float32Array(16).fill(1), 4)).toEqual([])
  })
})

describe('points of the plane', () => {
  it('are the same for the same seed, others for another, half of each class', () => {
    for (const name of ['moons', 'spirals', 'rings'] as const) {
      const [a, b, c] = [planeData(name, 0.1, 1), planeData(name, 0.1, 1), planeData(name, 0.1, 2)]
      expect(a.points).toEqual(b.points)
      expect(a.points).not.toEqual(c.points)
      expect(a.classes.filter((kind) => kind === 1)).toHaveLength(a.classes.length / 2)
      expect(Math.max(...planeData(name, 0, 1).points.map(Math.abs))).toBeLessThanOrEqual(0.91)
    }
  })
})
