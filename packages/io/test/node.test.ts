import { hostArray } from '@gradloom/core'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeIdx } from '../src/index.ts'
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

  test('leave nothing behind where the file can not be written', async () => {
    await expect(saveSafetensors(folder, { w: hostArray(Float32Array.of(1)) })).rejects.toThrow(
      expect.objectContaining({ code: 'EISDIR' }),
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

describe('saveSafetensors', () => {
  const w = hostArray(Float32Array.of(1, 2))
  const id = '01234567-89ab-cdef-0123-456789abcdef'
  const temporary = (host: string, pid: number): string => join(folder, `.gradloom-${host}-${pid}-${id}.tmp`)
  const here = hostname().replace(/[^\w.-]/g, '_')

  test('writes what a symbolic link points to, also through others, and where there is no file yet', async () => {
    await mkdir(join(folder, 'disk'))
    await symlink(join('disk', 'real'), join(folder, 'link'))
    await symlink('link', join(folder, 'model'))
    for (const values of [[1], [2, 3]]) {
      await saveSafetensors(join(folder, 'model'), { w: hostArray(Float32Array.from(values)) })
      expect((await lstat(join(folder, 'model'))).isSymbolicLink()).toBe(true)
      expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true)
      expect((await loadSafetensors(join(folder, 'disk', 'real'))).tensors.get('w')?.array()).toEqual(values)
    }
    expect((await readdir(folder)).sort()).toEqual(['disk', 'link', 'model'])
    expect(await readdir(join(folder, 'disk'))).toEqual(['real'])
  })

  test('refuses a circle of links', async () => {
    await symlink('b', join(folder, 'a'))
    await symlink('a', join(folder, 'b'))
    await expect(saveSafetensors(join(folder, 'a'), { w })).rejects.toThrow(expect.objectContaining({ code: 'ELOOP' }))
  })

  test.each(['600', '640', '664', '666', '444'])('keeps the mode %s of the file', async (digits) => {
    const mode = parseInt(digits, 8)
    const path = join(folder, 'model')
    await saveSafetensors(path, { w })
    await chmod(path, mode)
    await saveSafetensors(path, { w })
    expect((await stat(path)).mode & 0o777).toBe(mode)
  })

  test('writes to a pipe, which stays one', async () => {
    const path = join(folder, 'pipe')
    await promisify(execFile)('mkfifo', [path])
    const [, read] = await Promise.all([saveSafetensors(path, { w }), readFile(path)])
    expect(decodeSafetensors(read).tensors.get('w')?.array()).toEqual([1, 2])
    expect((await stat(path)).isFIFO()).toBe(true)
  })

  test('removes what crashed saves left in the folder, and nothing else', async () => {
    const child = spawn(process.execPath, ['--version'])
    await once(child, 'exit')
    const gone = child.pid ?? 0
    const hour = new Date(Date.now() - 3_600_000)
    const week = new Date(Date.now() - 7 * 86_400_000)
    const stale: [string, Date][] = [
      [temporary(here, gone), new Date()],
      [temporary('elsewhere', gone), week],
      [temporary(here, process.pid), week],
    ]
    const kept: [string, Date][] = [
      [temporary('else-where-7', gone), hour],
      [temporary(here, process.ppid), hour],
      [temporary(`${here}-2`, process.pid), new Date()],
      [join(folder, 'other.tmp'), week],
      [join(folder, `.gradloom-${here}-${gone}.tmp`), week],
    ]
    for (const [path, date] of [...stale, ...kept]) {
      await writeFile(path, 'x')
      await utimes(path, date, date)
    }
    await saveSafetensors(join(folder, 'model'), { w })
    expect((await readdir(folder)).map((name) => join(folder, name)).sort()).toEqual(
      [...kept.map(([path]) => path), join(folder, 'model')].sort(),
    )
  })

  test('killed at any moment leaves the old file or the new one, and the next save leaves nothing beside it', async () => {
    const path = join(folder, 'model')
    const program = `
      import { hostArray } from '@gradloom/core'
      import { saveSafetensors } from '@gradloom/io/node'
      for (let i = 0; ; i++) {
        await saveSafetensors(${JSON.stringify(path)}, { w: hostArray(new Float32Array(4_000_000).fill(i)) })
        if (i === 0) console.log('saved')
      }`
    for (const delayMs of [0, 1, 5]) {
      const child = spawn(
        process.execPath,
        ['--conditions=@gradloom/source', '--input-type=module', '--no-warnings', '-e', program],
        { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
      )
      await once(child.stdout, 'data')
      // Once the next save has begun.
      while (!(await readdir(folder)).some((name) => name.endsWith('.tmp'))) await sleep(1)
      await sleep(delayMs)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const data = (await loadSafetensors(path)).tensors.get('w')?.data
      expect(data?.length).toBe(4_000_000)
      expect(data?.every((value) => value === data[0])).toBe(true)
    }
    await saveSafetensors(path, { w })
    expect(await readdir(folder)).toEqual(['model'])
  })

  test('at one path at the same time do not mix: one of them stays, and nothing beside it', async () => {
    const path = join(folder, 'model')
    const values = Array.from({ length: 20 }, (_, i) => i)
    await Promise.all(
      values.map((value) => saveSafetensors(path, { w: hostArray(new Float32Array(100_000).fill(value)) })),
    )
    const data = (await loadSafetensors(path)).tensors.get('w')?.data
    expect(values).toContain(data?.[0])
    expect(data?.every((value) => value === data[0])).toBe(true)
    expect(await readdir(folder)).toEqual(['model'])
  })
})

describe('maxBytes', () => {
  test('refuses a file before it is read, also one that is larger than memory', async () => {
    const path = join(folder, 'sparse')
    const file = await open(path, 'w')
    await file.truncate(2 ** 40)
    await file.close()
    await expect(loadSafetensors(path)).rejects.toThrow(
      'at most 8589934592 bytes (maxBytes) required, got 1099511627776',
    )
    await expect(readIdx(path, { maxBytes: 99 })).rejects.toThrow(formatError)
    await expect(readIdx(path, { maxBytes: 2 ** 52 })).rejects.toThrow(
      expect.objectContaining({ name: 'OutOfMemoryError' }),
    )
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
