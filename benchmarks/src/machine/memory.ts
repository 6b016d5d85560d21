import { readFileSync, writeFileSync } from 'node:fs'
import type { Memory } from '../session.ts'

const KIB_PER_MIB = 1024
const BYTES_PER_MIB = 2 ** 20
/** What the kernel takes for "forget the peak". @see https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
 * */
const FORGET_PEAK = '5'

/** This process's memory, and its peak since the last call. `maxRSS` would not do: a child begins with its parent's. */
export function processMemory(): Memory | null {
  if (process.platform !== 'linux') return null
  const status = readFileSync('/proc/self/status', 'utf8')
  const peak = Number(/^VmHWM:\s*(\d+)/m.exec(status)![1]) / KIB_PER_MIB
  writeFileSync('/proc/self/clear_refs', FORGET_PEAK)
  return { resident: process.memoryUsage.rss() / BYTES_PER_MIB, peak }
}
