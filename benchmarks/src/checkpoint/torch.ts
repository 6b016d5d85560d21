import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PYTHON = '/usr/bin/python3'
const TIMEOUT_MS = 120_000

export interface TorchRun {
  /** How much more memory the process took in its first step; gradients are among it, as PyTorch keeps them. */
  readonly activationBytes: number
  readonly ms: number
}

/** Whether Debian's PyTorch is there. */
export const hasTorch = (): boolean => spawnSync(PYTHON, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0

/** A step of the MLP under `torch.utils.checkpoint_sequential`, or without it for 0 segments, in a process of its
 * own. */
export function runTorch(segments: number, threads: number, steps: number): TorchRun {
  const file = fileURLToPath(new URL('../../python/checkpoint.py', import.meta.url))
  const args = ['-B', file, ...[64, 512, 256, segments, threads, steps].map(String)]
  const { status, stdout, stderr } = spawnSync(PYTHON, args, { encoding: 'utf8', timeout: TIMEOUT_MS })
  if (status !== 0) throw new Error(`pytorch: ${stderr.trim() || `its process ended (${status})`}`)
  return JSON.parse(stdout) as TorchRun
}
