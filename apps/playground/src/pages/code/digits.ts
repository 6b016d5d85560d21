import type { HostArray } from '@gradloom/core'
import type { RowSource } from '@gradloom/io'
import { digitRows, loadDigits, TEST_COUNT, TRAIN_COUNT } from '../../session/mnist.ts'

type Rows = RowSource<{ x: HostArray; y: HostArray }>

/** The handwritten digits of the page Train, for programs: rows of images of `shape`, between 0 and 1, and labels. */
export async function digits(shape: readonly number[] = [784]): Promise<{ train: Rows; test: Rows }> {
  const loaded = await loadDigits(() => {})
  return {
    train: digitRows(loaded, { from: 0, count: TRAIN_COUNT, shape }),
    test: digitRows(loaded, { from: TRAIN_COUNT, count: TEST_COUNT, shape }),
  }
}
