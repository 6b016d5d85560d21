/** A stretch of a program that one target runs, and what it needs of the target's arena. */
interface Part {
  readonly target: number
  readonly arenaBytes: number
}

/** Bytes of arenas by target, of which each has one, as large as its parts ask. */
export function arenasOf(parts: readonly Part[]): number[] {
  const bytes: number[] = []
  for (const { target, arenaBytes } of parts) bytes[target] = Math.max(bytes[target] ?? 0, arenaBytes)
  return bytes
}

/** Bytes of all of these arenas. */
export const total = (bytes: readonly number[]): number => bytes.reduce((sum, own) => sum + own, 0)
