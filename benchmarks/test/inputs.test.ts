import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { digest, type Digest } from '../src/digest.ts'
import { readFlags } from '../src/flags.ts'
import { integers, uniform } from '../src/inputs.ts'
import { initialParameters } from '../src/models/model.ts'
import { models } from '../src/models/index.ts'

const PYTHON = '/usr/bin/python3'
const hasNumpy = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import numpy']).status === 0

test('inputs: the same numbers on every machine', () => {
  expect([...uniform(3, 1, -1, 1)]).toEqual([...uniform(3, 1, -1, 1)])
  expect([...uniform(3, 7, 0, 1)]).not.toEqual([...uniform(3, 8, 0, 1)])
  const labels = integers(1000, 3, 10)
  expect(new Set(labels)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
})

/** The large GPT is made as the small one is. */
const small = ['mlp', 'cnn', 'gpt'] as const

test.skipIf(!hasNumpy)('inputs: Python makes the same parameters, batches and digests', () => {
  const script = `
import json
from common import digest, initial_parameters, integers, uniform
print(json.dumps({"big": digest(uniform((3000,), 5, -2, 2)), "labels": integers((50,), 9, 10).tolist(),
  "models": {m: {n: digest(p) for n, p in initial_parameters(m).items()} for m in ${JSON.stringify(small)}}}))`
  const cwd = fileURLToPath(new URL('../python', import.meta.url))
  const { stdout, stderr } = spawnSync(PYTHON, ['-B', '-c', script], { cwd, encoding: 'utf8' })
  expect(stderr).toBe('')
  const python = JSON.parse(stdout) as { big: Digest; labels: number[]; models: Record<string, Record<string, Digest>> }
  expect(python.big.samples).toEqual(digest(uniform(3000, 5, -2, 2)).samples)
  expect(python.big.signedSum).toBeCloseTo(digest(uniform(3000, 5, -2, 2)).signedSum, 9)
  expect(python.labels).toEqual([...integers(50, 9, 10)])
  for (const name of small) {
    const own = [...initialParameters(models[name])].map(([n, { data }]) => [n, digest(data).samples])
    expect(Object.entries(python.models[name]).map(([n, d]) => [n, d.samples])).toEqual(own)
  }
})

test('flags: what is not known is refused by name', () => {
  expect(readFlags(['--suite', 'cpu', '--filter', 'gemm', '--peers'])).toMatchObject({
    suite: 'cpu',
    filter: 'gemm',
    peers: true,
    json: null,
  })
  expect(() => readFlags(['--suite', 'tpu'])).toThrow(/--suite/)
  expect(() => readFlags(['--rounds', '0'])).toThrow(/--rounds/)
  expect(() => readFlags(['--fliter', 'x'])).toThrow(/--fliter/)
})
