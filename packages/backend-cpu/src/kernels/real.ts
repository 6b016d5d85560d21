import type { Real } from '@gradloom/blas-wasm'
import { KernelError, type KernelArgument } from '@gradloom/core'

/** The one real type of some arguments. @throws KernelError where they have another or several */
export function realOf(name: string, ...args: readonly KernelArgument[]): Real {
  const [dtype] = args.map((a) => a.dtype)
  if ((dtype !== 'float32' && dtype !== 'float64') || args.some((a) => a.dtype !== dtype)) {
    throw new KernelError(
      `${name}: float32 or float64 throughout required, got ${args.map((a) => a.dtype).join(', ')}; cast them`,
    )
  }
  return dtype === 'float32' ? 'f32' : 'f64'
}
