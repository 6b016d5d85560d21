import { afterEach, describe, expect, it, vi } from 'vitest'
import { program } from 'gradloom-example-shared/testing'

const small = ['--length', '64', '--features', '32', '--batch', '8', '--blocks', '4', '--steps', '12']
const print = program(import.meta, ...small)
const { exitCode } = process
afterEach(() => {
  process.exitCode = exitCode
})

/** Runs the program on a small network; what it prints, and its errors. */
async function run(...flags: string[]): Promise<{ lines: string[]; errors: string[] }> {
  const errors: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    errors.push(line)
  })
  return { lines: await print(...flags), errors }
}

const LAST = /^loss (\d+\.\d{3}) nats a character; activations take (\d+\.\d) MB, without recomputation (\d+\.\d) MB$/
const numbersOf = ({ lines }: { lines: string[] }): number[] => LAST.exec(lines.at(-1)!)!.slice(1).map(Number)

describe('long-gpt', () => {
  it('does not fit without a policy, and trains with the one that the error names', async () => {
    const refused = await run('--memory', '5')
    expect(process.exitCode).toBe(1)
    expect(refused.lines).toEqual([])
    const [, bytes] = /budget\((\d+)\) } of @gradloom\/checkpoint/.exec(refused.errors[0])!
    process.exitCode = exitCode
    const trained = await run('--memory', '5', '--policy', `budget:${bytes}`)
    const [loss, peak, plainPeak] = numbersOf(trained)
    expect(process.exitCode).toBe(exitCode)
    expect(loss).toBeLessThan(3.8)
    expect(peak).toBeLessThanOrEqual(Math.ceil(Number(bytes) / 1e5) / 10)
    expect(peak).toBeLessThan(plainPeak)
    expect(plainPeak).toBeGreaterThan(5)
  }, 90_000)

  it('has the loss of the plain step with every policy', async () => {
    const plain = await run('--steps', '3')
    const [loss, plainPeak] = numbersOf(plain)
    for (const policy of ['sqrt', 'everyN:2', 'revolve:2', 'saveContractions']) {
      const [own, peak, without] = numbersOf(await run('--steps', '3', '--policy', policy))
      expect([own, without]).toEqual([loss, plainPeak])
      expect(peak).toBeLessThan(plainPeak)
    }
  }, 90_000)

  it('refuses a policy that is not there', async () => {
    await expect(run('--policy', 'all')).rejects.toThrow(/--policy: one of none, budget/)
  })
})
