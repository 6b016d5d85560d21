import type { HostArray } from '@gradloom/core'
import { hostArrays } from './array-like.ts'
import type { NamedArrays } from './array-like.ts'
import type { Bytes } from './bytes.ts'
import { openFile } from './open-file.ts'
import type { LimitOptions } from './open-file.ts'
import { encodeNpy, readNpy } from './npy.ts'
import { refuse } from './refuse.ts'
import { readZip } from './zip-read.ts'
import { writeZip } from './zip-write.ts'

/**
 * Reads a NumPy `.npz` file, from `savez` or `savez_compressed`: arrays by name, in the order of the file.
 * @throws FormatError for what `decodeNpy` refuses, files of other kinds inside, damaged, cut or hostile archives, and
 * those over `maxBytes` with all that is inflated and decoded
 * @see https://numpy.org/doc/stable/reference/generated/numpy.savez.html
 * @example
 * const arrays = await decodeNpz(encodeNpz({ x: hostArray(new Float32Array([1, 2]), [2], 'float32') }))
 */
export async function decodeNpz(file: Bytes, options: LimitOptions = {}): Promise<Map<string, HostArray>> {
  const { bytes: archive, spend } = openFile('npz', file, options, {})
  const files = await readZip(archive, spend)
  return new Map(
    [...files].map(([name, bytes]) => {
      if (!name.endsWith('.npy')) refuse('npz', 'files named .npy', name)
      return [name.slice(0, -4), readNpy(bytes, `npz: ${name}`, spend)]
    }),
  )
}

/**
 * Writes a NumPy `.npz` file, not compressed, as `numpy.savez` does.
 * @throws FormatError for what `encodeNpy` refuses, and for 4 GiB or more
 */
export function encodeNpz(arrays: NamedArrays): Uint8Array {
  return writeZip(hostArrays(arrays, 'npz').map(([name, array]) => [`${name}.npy`, encodeNpy(array)] as const))
}
