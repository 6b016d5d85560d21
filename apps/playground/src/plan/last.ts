import { signal } from '@preact/signals'
import type { Plan } from '@gradloom/core'

/** The largest plan of the last program that ran on Code; null before the first. */
export const lastPlan = signal<Plan | null>(null)
