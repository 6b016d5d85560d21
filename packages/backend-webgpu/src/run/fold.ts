/** A number of workgroups as three dimensions of at most `most` each, with as few to spare as two factors allow. */
export function folded(count: number, most: number): readonly [x: number, y: number, z: number] {
  if (count <= most) return [count, 1, 1]
  const y = Math.ceil(count / most)
  if (y <= most) return [Math.ceil(count / y), y, 1]
  const z = Math.ceil(y / most)
  const rows = Math.ceil(count / (most * z))
  return [most, rows, z]
}
