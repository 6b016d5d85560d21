import type { Flags } from '../flags.ts'
import type { Row } from '../report/row.ts'
import { workloads } from '../workloads.ts'
import type { Workload } from '../workload.ts'

/** Measures, prints as it goes, and returns what `--json` keeps. */
export type Suite = (flags: Flags) => Promise<readonly Row[]>

export const chosen = (filter: string): Workload[] => workloads.filter(({ id }) => matches(id, filter))
export const matches = (id: string, filter: string): boolean => id.toLowerCase().includes(filter.toLowerCase())
