import { hostArray, type HostArray } from '@gradloom/core'
import type { RowSource } from '@gradloom/io'
import { digitRows, loadDigits, TEST_COUNT, TRAIN_COUNT, type Digits } from './mnist.ts'
import { planeData, type PlaneData } from './plane.ts'
import { isPlane, type TrainSettings } from './settings.ts'

type Rows = RowSource<{ x: HostArray; y: HostArray }>

/** What is to be learnt: examples for training and for tests. */
export interface Problem {
  readonly shape: readonly number[]
  readonly classes: number
  readonly train: Rows
  readonly test: Rows
  /** How many test examples are measured while training goes on; all of them are at its end. */
  readonly quickTest: number
  readonly plane: PlaneData | null
}

let digits: Promise<Digits> | undefined

/** @throws DataError */
export async function openProblem(
  settings: TrainSettings,
  onProgress: (done: number, total: number) => void,
): Promise<Problem> {
  if (isPlane(settings.data)) return planeProblem(planeData(settings.data, settings.noise, settings.seed))
  digits ??= loadDigits(onProgress)
  // What failed is tried again the next time.
  const loaded = await digits.catch((error: unknown) => {
    digits = undefined
    throw error
  })
  const shape = settings.model === 'cnn' ? [1, 28, 28] : [784]
  return {
    shape,
    classes: 10,
    train: digitRows(loaded, { from: 0, count: TRAIN_COUNT, shape }),
    test: digitRows(loaded, { from: TRAIN_COUNT, count: TEST_COUNT, shape }),
    quickTest: 1000,
    plane: null,
  }
}

function planeProblem(plane: PlaneData): Problem {
  const { points, classes, testFrom } = plane
  const rows = (from: number, to: number): Rows => ({
    rowCount: to - from,
    read(wanted) {
      const x = new Float32Array(2 * wanted.length)
      const y = new Int32Array(wanted.length)
      wanted.forEach((row, i) => {
        x.set(points.subarray(2 * (from + row), 2 * (from + row) + 2), 2 * i)
        y[i] = classes[from + row]
      })
      return { x: hostArray(x, [wanted.length, 2]), y: hostArray(y, [wanted.length]) }
    },
  })
  const test = rows(testFrom, classes.length)
  return { shape: [2], classes: 2, train: rows(0, testFrom), test, quickTest: test.rowCount, plane }
}
