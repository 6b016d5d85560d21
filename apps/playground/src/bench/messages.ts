export const ROWS = [
  ['matmul 256', 'Product of 256 x 256 matrices'],
  ['matmul 512', 'Product of 512 x 512 matrices'],
  ['matmul 1024', 'Product of 1024 x 1024 matrices'],
  ['cnn', 'Training step of a CNN, 32 images'],
  ['gpt', 'Training step of a GPT, 8 of 64 characters'],
] as const
export type RowName = (typeof ROWS)[number][0]

/** What was measured of a row, in milliseconds. */
export interface Measured {
  readonly samples: readonly number[]
  readonly median: number
  readonly low: number
  readonly high: number
  /** Runs in a sample: so many that the clock is fine enough. */
  readonly repeats: number
  /** Null where kernels do not tell. */
  readonly flops: number | null
}

export interface ToBench {
  readonly rows: readonly RowName[]
  readonly columns: readonly { readonly name: string; readonly threads: number }[]
}
export type FromBench =
  | { readonly type: 'measuring'; readonly row: RowName; readonly column: string }
  | { readonly type: 'measured'; readonly row: RowName; readonly column: string; readonly measured: Measured }
  /** The first row once more: how the machine changed meanwhile, as a share. */
  | { readonly type: 'again'; readonly change: number }
  | { readonly type: 'done'; readonly tickMs: number }
  | { readonly type: 'failed'; readonly message: string }
