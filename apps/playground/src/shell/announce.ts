import { signal } from '@preact/signals'

/** What the page's one live region says: that something started, paused, or failed. */
export const announced = signal('')

export function announce(words: string): void {
  announced.value = words
}
