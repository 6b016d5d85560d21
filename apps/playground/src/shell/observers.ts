import { signal } from '@preact/signals'

/** What the page itself costs its visitor, since it began to load. */
export const longestTaskMs = signal<number | null>(null)
export const layoutShift = signal(0)
/** Set for a while after a task that was too long: pictures then come at half their rate. */
export const isSlow = signal(false)

const SLOW_MS = 50
const RECOVER_MS = 5000
let recovering: ReturnType<typeof setTimeout> | undefined

interface Shift extends PerformanceEntry {
  readonly value: number
  readonly hadRecentInput: boolean
}

/** Begins before all else. */
export function observe(): void {
  const types = PerformanceObserver.supportedEntryTypes
  if (types.includes('longtask')) {
    longestTaskMs.value = 0
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longestTaskMs.value = Math.max(longestTaskMs.value ?? 0, duration)
      if ((longestTaskMs.value ?? 0) < SLOW_MS) return
      isSlow.value = true
      clearTimeout(recovering)
      recovering = setTimeout(() => {
        isSlow.value = false
      }, RECOVER_MS)
    }).observe({ type: 'longtask', buffered: true })
  }
  if (types.includes('layout-shift'))
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Shift[]) if (!entry.hadRecentInput) layoutShift.value += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
}
