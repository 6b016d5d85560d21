export const SIDE = 28
const BOX = 20

/** A drawing as the digits of MNIST are: fitted to 20 x 20, its mass in the middle of 28 x 28; empty if it is empty. */
export function centred(drawing: Float32Array): Float32Array {
  const box = bounds(drawing)
  const image = new Float32Array(SIDE * SIDE)
  if (!box) return image
  const size = Math.max(box.right - box.left, box.bottom - box.top)
  const scale = size / BOX
  const fitted = new Float32Array(SIDE * SIDE)
  const width = (box.right - box.left) / scale
  const height = (box.bottom - box.top) / scale
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      fitted[(y + 4) * SIDE + x + 4] = between(
        drawing,
        box.left + (x + 0.5) * scale - 0.5,
        box.top + (y + 0.5) * scale - 0.5,
      )
  const [cx, cy] = mass(fitted)
  const dx = Math.round(SIDE / 2 - 0.5 - cx)
  const dy = Math.round(SIDE / 2 - 0.5 - cy)
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [fromX, fromY] = [x - dx, y - dy]
      if (fromX >= 0 && fromX < SIDE && fromY >= 0 && fromY < SIDE) image[y * SIDE + x] = fitted[fromY * SIDE + fromX]
    }
  return image
}

function bounds(drawing: Float32Array): { left: number; right: number; top: number; bottom: number } | null {
  let box: { left: number; right: number; top: number; bottom: number } | null = null
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      if (drawing[y * SIDE + x] < 0.05) continue
      box ??= { left: x, right: x + 1, top: y, bottom: y + 1 }
      box.left = Math.min(box.left, x)
      box.right = Math.max(box.right, x + 1)
      box.bottom = y + 1
    }
  return box
}

/** The value between four pixels. */
function between(image: Float32Array, x: number, y: number): number {
  const at = (column: number, row: number): number =>
    column < 0 || row < 0 || column >= SIDE || row >= SIDE ? 0 : image[row * SIDE + column]
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [u, v] = [x - left, y - top]
  return (
    (at(left, top) * (1 - u) + at(left + 1, top) * u) * (1 - v) +
    (at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u) * v
  )
}

function mass(image: Float32Array): readonly [x: number, y: number] {
  let total = 0
  let sumX = 0
  let sumY = 0
  image.forEach((value, i) => {
    total += value
    sumX += value * (i % SIDE)
    sumY += value * Math.floor(i / SIDE)
  })
  return total ? [sumX / total, sumY / total] : [SIDE / 2, SIDE / 2]
}

/** Inks the cells around a place, in cells. */
export function ink(drawing: Float32Array, x: number, y: number): void {
  const radius = 1.35
  for (let row = Math.max(0, Math.floor(y - 2)); row <= Math.min(SIDE - 1, y + 2); row++)
    for (let column = Math.max(0, Math.floor(x - 2)); column <= Math.min(SIDE - 1, x + 2); column++) {
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y)
      const value = Math.max(0, Math.min(1, radius + 0.5 - distance))
      const index = row * SIDE + column
      drawing[index] = Math.max(drawing[index], value)
    }
}
