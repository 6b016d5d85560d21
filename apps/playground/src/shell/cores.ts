const listeners = new Set<() => void>()

/** Calls `pause` whenever another page takes the cores for itself, such as to measure. */
export function whenClaimed(pause: () => void): void {
  listeners.add(pause)
}

/** Pauses whatever computes on other pages. */
export function claimCores(): void {
  for (const pause of listeners) pause()
}
