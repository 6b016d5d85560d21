import type { Picture } from './messages.ts'

type Vector = readonly [number, number, number]
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const along = (a: Vector, by: number, b: Vector): Vector => [a[0] + by * b[0], a[1] + by * b[1], a[2] + by * b[2]]
const unit = (a: Vector): Vector => along([0, 0, 0], 1 / Math.hypot(...a), a)

const EYE: Vector = [0, 1.2, -4]
const CENTRE: Vector = [0.2, 1, 0]
const LIGHT = unit([-0.6, 1, -0.7])
const AMBIENT = 0.25

/** How far along a ray the ball is hit, and whether it is. */
function ballAt(from: Vector, ray: Vector): number | null {
  const away = along(from, -1, CENTRE)
  const half = dot(away, ray)
  const root = half * half - dot(away, away) + 1
  const distance = -half - Math.sqrt(root)
  return root > 0 && distance > 1e-6 ? distance : null
}

/** The light that comes along a ray: from a chessboard, or a sky that grows bright upwards. */
function ground(from: Vector, ray: Vector): number {
  if (ray[1] >= 0) return 0.55 + 0.4 * ray[1]
  const at = along(from, -from[1] / ray[1], ray)
  const isDark = (Math.floor(at[0]) + Math.floor(at[2])) % 2 !== 0
  const light = ballAt(at, LIGHT) === null ? 1 : AMBIENT
  const haze = Math.exp(-0.06 * Math.hypot(at[0], at[2]))
  return haze * light * (isDark ? 0.12 : 0.8) + (1 - haze) * 0.55
}

/** A ball that mirrors the chessboard it stands on: edges, curves and soft shades, for a picture to begin with. */
export function scene(width: number, height: number): Picture {
  const values = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const ray = unit([(column + 0.5 - width / 2) / height, (height / 2 - row - 0.5) / height - 0.1, 1.2])
      const distance = ballAt(EYE, ray)
      const at = along(EYE, distance ?? 0, ray)
      const normal = along(at, -1, CENTRE)
      const mirrored = along(ray, -2 * dot(ray, normal), normal)
      const shade = AMBIENT + (1 - AMBIENT) * Math.max(0, dot(normal, LIGHT))
      values[row * width + column] = distance === null ? ground(EYE, ray) : 0.5 * ground(at, mirrored) + 0.45 * shade
    }
  }
  return { width, height, values }
}
