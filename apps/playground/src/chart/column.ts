/** Numbers that only grow in number. */
export interface Column {
  readonly length: number
  at(index: number): number
  push(value: number): void
  append(values: ArrayLike<number>): void
}

export function createColumn(): Column {
  let values = new Float32Array(1024)
  let length = 0
  const reserve = (more: number): void => {
    if (length + more <= values.length) return
    const wider = new Float32Array(Math.max(2 * values.length, length + more))
    wider.set(values.subarray(0, length))
    values = wider
  }
  return {
    get length() {
      return length
    },
    at: (index) => values[index],
    push(value) {
      reserve(1)
      values[length++] = value
    },
    append(more) {
      reserve(more.length)
      values.set(more, length)
      length += more.length
    },
  }
}

/** A curve: values at steps that rise. */
export interface Curve {
  readonly steps: Column
  readonly values: Column
}
export const createCurve = (): Curve => ({ steps: createColumn(), values: createColumn() })

export function addPoint({ steps, values }: Curve, step: number, value: number): void {
  // A step that is measured again has its last value.
  steps.push(step)
  values.push(value)
}

export const last = ({ values }: Curve): number | null => (values.length ? values.at(values.length - 1) : null)

/** The first index whose step is from `step` on. */
export function indexFrom({ steps }: Curve, step: number): number {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps.at(middle) < step) low = middle + 1
    else high = middle
  }
  return low
}
