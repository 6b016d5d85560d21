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
  /** Of one run: several where a backend lacks a kernel, and another does that part. */
  readonly plans: number
}

/** A backend with its threads. */
export interface Column {
  readonly name: string
  /** 0 for a backend that has none. */
  readonly threads: number
  readonly backend: 'cpu' | 'webgpu'
}

export interface ToBench {
  readonly rows: readonly RowName[]
  readonly columns: readonly Column[]
}
export type FromBench =
  /** What a column computes on, and the most that it can do, in operations a second. */
  | { readonly type: 'device'; readonly column: string; readonly device: string; readonly peak: number }
  /** Why a column cannot be measured. */
  | { readonly type: 'absent'; readonly column: string; readonly reason: string }
  | { readonly type: 'measuring'; readonly row: RowName; readonly column: string }
  | { readonly type: 'measured'; readonly row: RowName; readonly column: string; readonly measured: Measured }
  /** The first row once more: how the machine changed meanwhile, as a share. */
  | { readonly type: 'again'; readonly change: number }
  | { readonly type: 'done'; readonly tickMs: number }
  | { readonly type: 'failed'; readonly message: string }
