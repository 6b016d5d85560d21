/** A suite, or a setting of one, that does not exist yet. */
export class NotBuiltError extends Error {
  readonly code = 'not-built'
  override readonly name = 'NotBuiltError'
}

/** A contender that cannot do a workload: shown in the table, never measured. */
export class UnsupportedError extends Error {
  readonly code = 'unsupported'
  override readonly name = 'UnsupportedError'
}
