/** Calls `visit` with every index of `shape` in row-major order. The array is reused. */
export function forEachIndex(shape: readonly number[], visit: (index: number[]) => void): void {
  if (shape.includes(0)) return
  const index = new Array<number>(shape.length).fill(0)
  for (;;) {
    visit(index)
    let axis = shape.length - 1
    while (axis >= 0 && ++index[axis] === shape[axis]) index[axis--] = 0
    if (axis < 0) return
  }
}

export const dot = (strides: readonly number[], index: readonly number[]): number => {
  let sum = 0
  for (let i = 0; i < index.length; i++) sum += strides[i] * index[i]
  return sum
}
