import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { open, readdir, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { checkPath } from './node-read.ts'

/** Writes beside the target, so that the rename stays on one disk, and syncs before it and after it. */
export async function writeAtomic(path: string, bytes: Uint8Array): Promise<void> {
  checkPath(path)
  const target = await followLinks(path)
  const old = await orUndefined(stat(target))
  // A rename would put a file in the place of a pipe or device. A folder is refused.
  if (old && !old.isFile()) return writeFile(target, bytes)
  const folder = dirname(target)
  await removeStale(folder)
  const temporary = join(folder, `.gradloom-${host()}-${process.pid}-${randomUUID()}.tmp`)
  try {
    await writeSynced(temporary, bytes, old)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (process.platform === 'win32') return // directories can't be opened there
  const directory = await open(folder, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function writeSynced(path: string, bytes: Uint8Array, old: Stats | undefined): Promise<void> {
  const file = await open(path, 'wx')
  try {
    // Before the data, so that nobody reads what the old file kept from them. The umask does not apply to chmod.
    if (old) await file.chmod(old.mode & 0o7777)
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The file behind symbolic links, also one that is yet to be. */
async function followLinks(path: string): Promise<string> {
  const real = await orUndefined(realpath(path))
  if (real) return real
  const link = await orUndefined(readlink(path))
  // A circle of links is an error of `realpath`, so this ends.
  return link === undefined ? path : followLinks(resolve(dirname(path), link))
}

/** Undefined where there is no such file, or, of `readlink`, no link. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EINVAL') return undefined
    throw error
  }
}

const host = (): string => hostname().replace(/[^\w.-]/g, '_')

const temporaryName = /^\.gradloom-(.+)-(\d+)-[\da-f-]{36}\.tmp$/
const dayMs = 86_400_000

/** Removes what crashed saves left. That this fails is no reason not to save. */
async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const [, writer, pid] = temporaryName.exec(name) ?? []
    if (writer === undefined) continue
    const path = join(folder, name)
    const modifiedMs = (await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity
    if (isStale(writer, Number(pid), modifiedMs)) await rm(path, { force: true }).catch(() => undefined)
  }
}

/** Whether the writer is gone: a process that does not run here, or one elsewhere that wrote nothing for a day. */
function isStale(writer: string, pid: number, modifiedMs: number): boolean {
  const nowMs = Date.now()
  if (writer !== host()) return modifiedMs < nowMs - dayMs
  // Numbers of processes come again, in containers each time.
  if (pid === process.pid) return modifiedMs < nowMs - process.uptime() * 1000
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
