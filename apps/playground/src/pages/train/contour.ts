export type Segment = readonly [x0: number, y0: number, x1: number, y1: number]

/** The lines on which values at the centres of side x side cells are 0: marching squares, places in cells. */
export function contour(values: ArrayLike<number>, side: number): Segment[] {
  const segments: Segment[] = []
  const at = (row: number, column: number): number => values[row * side + column]
  /** Where a side of a square is crossed, by the values at its ends; null where it is not. */
  const crossing = (from: number, to: number): number | null => (from > 0 === to > 0 ? null : from / (from - to))
  for (let row = 0; row < side - 1; row++)
    for (let column = 0; column < side - 1; column++) {
      const corners = [at(row, column), at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)]
      const [x, y] = [column + 0.5, row + 0.5]
      const top = crossing(corners[0], corners[1])
      const right = crossing(corners[1], corners[2])
      const bottom = crossing(corners[3], corners[2])
      const left = crossing(corners[0], corners[3])
      const points: (readonly [number, number])[] = []
      if (top !== null) points.push([x + top, y])
      if (right !== null) points.push([x + 1, y + right])
      if (bottom !== null) points.push([x + bottom, y + 1])
      if (left !== null) points.push([x, y + left])
      for (let i = 0; i + 1 < points.length; i += 2) segments.push([...points[i], ...points[i + 1]])
    }
  return segments
}
