import { expect, test, vi } from 'vitest'
import { typesOf } from '../build/types.mjs'
import { packages } from '../src/pages/code/execute.ts'
import { createService } from '../src/pages/code/language/service.ts'
import { OFFERED } from '../src/pages/code/offered.ts'
import { EXAMPLES } from '../src/pages/code/examples.ts'
import { FORMULA, KERNEL } from '../src/pages/op/template.ts'

// The compiler reads all declarations at its first question.
vi.setConfig({ testTimeout: 120_000 })
const files = typesOf()
const service = createService(files)
const texts = import.meta.glob<string>('../src/pages/code/examples/*.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
})

test('what programs may import has types, and what has types may be imported', () => {
  expect(Object.keys(OFFERED).sort()).toEqual(Object.keys(packages).sort())
  for (const [place] of Object.values(OFFERED)) expect(files).toHaveProperty([place])
})

test('no example has a mistake, whichever it is', () => {
  expect(Object.keys(texts)).toHaveLength(EXAMPLES.length)
  for (const [name, text] of Object.entries(texts)) expect([name, service.check({ text })]).toEqual([name, []])
})

test.each([FORMULA, KERNEL])('what Op begins with has no mistake', ({ program }) => {
  expect(service.check({ text: program })).toEqual([])
})

test('mistakes are told with their places', () => {
  const text = "import { tensor } from 'gradloom'\nconst x: number = tensor([1])\n"
  const [mistake, ...others] = service.check({ text })
  expect(others).toEqual([])
  expect(text.slice(mistake.from, mistake.to)).toBe('x')
  expect(mistake.message).toContain("'Tensor' is not assignable to type 'number'")
  expect(service.check({ text: 'await (' })).toHaveLength(1)
})

test('members are proposed by type, and explained in the words of their docs', () => {
  const text = "import { tensor } from 'gradloom'\nconst x = tensor([1])\nx.ma"
  const labels = service.propose({ text, at: text.length }).map(({ label }) => label)
  expect(labels).toContain('matmul')
  expect(labels.every((label) => label.startsWith('ma'))).toBe(true)
  expect(service.explain({ text, at: text.length, label: 'matmul' })!.type).toContain('matmul(b: TensorLike')
  const at = text.indexOf('tensor([')
  const { from, to, type, words } = service.mean({ text, at })!
  expect(text.slice(from, to)).toBe('tensor')
  expect(type).toContain('): Tensor')
  expect(words).toContain('A tensor of host data')
  expect(service.mean({ text, at: text.length + 1 })).toBe(null)
})
