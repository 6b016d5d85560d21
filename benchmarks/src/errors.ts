/** A contender that cannot do a workload: shown in the table, never measured. */
export class UnsupportedError extends Error {
  readonly code = 'unsupported'
  override readonly name = 'UnsupportedError'
}
