import { hostArray } from '@gradloom/core'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeIdx } from '../src/index.ts'
import { loadSafetensors, readIdx, saveSafetensors } from '../src/node.ts'
import { formatError } from './helpers.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradloom-io-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('saveSafetensors and loadSafetensors', () => {
  test('give tensors and metadata back, over an older file, and leave nothing beside it', async () => {
    const path = join(folder, 'model.safetensors')
    await saveSafetensors(path, { old: hostArray(new Float32Array(100)) })
    await saveSafetensors(path, { w: hostArray(Float32Array.of(1, 2)) }, { metadata: { step: '3' } })
    const { tensors, metadata } = await loadSafetensors(path)
    expect([...tensors].map(([name, w]) => [name, w.array()])).toEqual([['w', [1, 2]]])
    expect(metadata.get('step')).toBe('3')
    expect(await readdir(folder)).toEqual(['model.safetensors'])
  })

  test('keep the older file where the new one can not be written', async () => {
    const path = join(folder, 'model.safetensors')
    await saveSafetensors(path, { w: hostArray(Float32Array.of(1)) })
    await expect(saveSafetensors(path, { __metadata__: hostArray(Float32Array.of(2)) })).rejects.toThrow(formatError)
    expect((await loadSafetensors(path)).tensors.get('w')?.item()).toBe(1)
  })

  test('leave nothing behind where the rename fails', async () => {
    await expect(saveSafetensors(folder, { w: hostArray(Float32Array.of(1)) })).rejects.toThrow(
      expect.objectContaining({ syscall: 'rename' }),
    )
    await expect(saveSafetensors(join(folder, 'missing', 'x'), {})).rejects.toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    )
    expect(await readdir(folder)).toEqual([])
    expect(
      await readdir(join(folder, '..')).then((names) =>
        names.filter((name) => name.startsWith(folder.split('/').pop()!) && name.endsWith('.tmp')),
      ),
    ).toEqual([])
  })

  test('refuse a truncated file with the typed error, a missing one with that of Node', async () => {
    const path = join(folder, 'cut.safetensors')
    await writeFile(path, Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0, 123))
    await expect(loadSafetensors(path)).rejects.toThrow(formatError)
    await expect(loadSafetensors(join(folder, 'missing'))).rejects.toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})

describe('readIdx', () => {
  test('reads plain and gzipped files', async () => {
    const bytes = encodeIdx(hostArray(Int32Array.of(1, 2, 3)))
    await writeFile(join(folder, 'plain'), bytes)
    await writeFile(join(folder, 'zipped.gz'), gzipSync(bytes))
    for (const name of ['plain', 'zipped.gz'])
      expect((await readIdx(join(folder, name), { dtype: 'float32', scale: 2 })).array()).toEqual([2, 4, 6])
  })
})
