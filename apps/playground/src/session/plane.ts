import { createRandom } from './random.ts'
import type { Plane } from './settings.ts'

export interface PlaneData {
  /** x and y in about [-1, 1], two numbers a point. */
  readonly points: Float32Array<ArrayBuffer>
  readonly classes: Int32Array<ArrayBuffer>
  /** Points from here on are for tests. */
  readonly testFrom: number
}

const TRAIN_COUNT = 400
const TEST_COUNT = 200
type Place = (share: number, kind: number) => readonly [x: number, y: number]

/** Where a point of each class lies, without noise, by a share of the way along its shape. */
const shapes: Readonly<Record<Plane, Place>> = {
  moons: (share, kind) => {
    const angle = Math.PI * share
    return kind === 0
      ? [0.55 * Math.cos(angle) - 0.275, 0.6 * Math.sin(angle) - 0.15]
      : [0.275 - 0.55 * Math.cos(angle), 0.15 - 0.6 * Math.sin(angle)]
  },
  spirals: (share, kind) => {
    const angle = 3.5 * Math.PI * Math.sqrt(share) + Math.PI * kind
    const radius = 0.1 + 0.8 * Math.sqrt(share)
    return [radius * Math.cos(angle), radius * Math.sin(angle)]
  },
  rings: (share, kind) => {
    const angle = 2 * Math.PI * share
    const radius = kind === 0 ? 0.35 : 0.8
    return [radius * Math.cos(angle), radius * Math.sin(angle)]
  },
}

/** Two classes in the plane, in turn. The same seed gives the same points. */
export function planeData(name: Plane, noise: number, seed: number): PlaneData {
  const random = createRandom(seed)
  const total = TRAIN_COUNT + TEST_COUNT
  const points = new Float32Array(2 * total)
  const classes = new Int32Array(total)
  for (let i = 0; i < total; i++) {
    classes[i] = i % 2
    const [x, y] = shapes[name](random.uniform(), i % 2)
    points[2 * i] = x + noise * random.normal()
    points[2 * i + 1] = y + noise * random.normal()
  }
  return { points, classes, testFrom: TRAIN_COUNT }
}

/** The centres of side x side cells of [-1, 1]^2, row by row from the top. */
export function gridOf(side: number): Float32Array<ArrayBuffer> {
  const grid = new Float32Array(2 * side * side)
  const at = (i: number): number => (2 * (i + 0.5)) / side - 1
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) grid.set([at(column), -at(row)], 2 * (row * side + column))
  return grid
}
