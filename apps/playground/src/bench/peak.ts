// A thread that does nothing but multiply and add, in registers: what a core can do at most, measured.

const ACCUMULATORS = 12
/** Each of four lanes multiplies and adds. */
const FLOPS_A_ROUND = ACCUMULATORS * 4 * 2
const ROUNDS = 1_000_000
const MEASURE_MS = 200

const V128 = 0x7b
const [GET, SET, TEE] = [0x20, 0x21, 0x22]
const A = ACCUMULATORS + 1
const ADD = [0xfd, 0xe4, 0x01]
const MUL = [0xfd, 0xe6, 0x01]
const MADD = [0xfd, 0x85, 0x02]
const section = (id: number, ...bytes: number[]): number[] => [id, ...size(bytes.length), ...bytes]
/** LEB128, of numbers below 2^14. */
const size = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, n >> 7])

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const LOCALS = [1, ACCUMULATORS + 1, V128]
/** a = 0.5 in every lane: what is added up stays near 1. */
const START = [0x43, 0x00, 0x00, 0x00, 0x3f, 0xfd, 0x13, SET, A]
const LOOP = [0x03, 0x40]
/** Again, while one less than the rounds is not 0. */
const AGAIN = [GET, 0, 0x41, 1, 0x6b, TEE, 0, 0x0d, 0, 0x0b]
const FIRST_LANE = [0xfd, 0x1f, 0, 0x0b]

/** `run(rounds)`: in each, all accumulators times a, plus a. */
function moduleOf(isRelaxed: boolean): Uint8Array<ArrayBuffer> {
  const all = Array.from({ length: ACCUMULATORS }, (_, i) => i + 1)
  const step = isRelaxed ? [GET, A, GET, A, ...MADD] : [GET, A, ...MUL, GET, A, ...ADD]
  const round = all.flatMap((i) => [GET, i, ...step, SET, i])
  const total = [GET, 1, ...all.slice(1).flatMap((i) => [GET, i, ...ADD])]
  const body = [...LOCALS, ...START, ...LOOP, ...round, ...AGAIN, ...total, ...FIRST_LANE]
  const type = section(1, 1, 0x60, 1, 0x7f, 1, 0x7d)
  const exported = section(7, 1, 3, 0x72, 0x75, 0x6e, 0, 0)
  const code = section(10, 1, ...size(body.length), ...body)
  return Uint8Array.from([...HEADER, ...type, ...section(3, 1, 0), ...exported, ...code])
}

async function peak(): Promise<number> {
  // Where both are there, the faster one counts.
  const found = [moduleOf(false), moduleOf(true)].filter((bytes) => WebAssembly.validate(bytes)).map(speedOf)
  return Math.max(...(await Promise.all(found)))
}

async function speedOf(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const { instance } = await WebAssembly.instantiate(bytes)
  const run = instance.exports.run as (rounds: number) => number
  // The best of many short calls: what else the machine does is in others, and so is code that is not yet the fast one.
  const begun = performance.now()
  let most = 0
  while (performance.now() - begun < MEASURE_MS) {
    const start = performance.now()
    run(ROUNDS)
    most = Math.max(most, (ROUNDS * FLOPS_A_ROUND * 1000) / (performance.now() - start))
  }
  return most
}

addEventListener('message', () => {
  void peak().then((flops) => (globalThis as unknown as Worker).postMessage(flops))
})
