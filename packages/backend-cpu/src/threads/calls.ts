import { f32, f64, i32, type Module, type ValueType } from '@gradloom/blas-wasm'
import type { TeamTask } from './team.ts'

/** Addresses from here up are places in a thread's own scratch memory, which the thread that replays a call adds.
 * Beyond what memory holds. */
export const OWN: number = 2 ** 33

/** A wasm function as its calls are written down. */
export interface Recorded {
  readonly index: number
  readonly params: readonly ValueType[]
  readonly replay: () => TeamTask
}

/**
 * Writes calls of wasm functions into memory, where any thread can make them: a kernel's steering stays in TypeScript,
 * its work goes to helpers. A call is words: function, mask of the arguments that are places in `OWN`, arguments.
 */
export interface CallList {
  /** Calls follow at this address; with null they are only counted. */
  begin(at: number | null): void
  add(to: Recorded, args: readonly number[]): void
  /** Bytes since `begin`. */
  readonly byteLength: number
  /** What makes the calls. */
  readonly replay: TeamTask | undefined
}

const HEADER = 2

export function createCallList(memory: WebAssembly.Memory): CallList {
  let words = new Int32Array(memory.buffer)
  let from: number | null = null
  let at = 0
  let replay: (() => TeamTask) | undefined
  const double = new Float64Array(1)
  const halves = new Int32Array(double.buffer)
  const single = new Float32Array(double.buffer)
  return {
    begin: (address) => {
      if (words.buffer !== memory.buffer) words = new Int32Array(memory.buffer)
      from = address === null ? null : address / 4
      at = 0
      replay = undefined
    },
    add: (to, args) => {
      if (replay && replay !== to.replay)
        throw new Error('backend-cpu: the functions of one module required in a phase of a kernel')
      replay = to.replay
      const start = at
      let mask = 0
      at += HEADER
      to.params.forEach((type, i) => {
        const value = args[i]
        const wide = type === 'f64'
        if (from !== null) {
          if (type === 'i32') {
            if (value >= OWN) mask |= 1 << i
            halves[0] = value
          } else if (wide) double[0] = value
          else single[0] = value
          words[from + at] = halves[0]
          if (wide) words[from + at + 1] = halves[1]
        }
        at += wide ? 2 : 1
      })
      if (from === null) return
      words[from + start] = to.index
      words[from + start + 1] = mask
    },
    get byteLength() {
      return 4 * at
    },
    get replay() {
      return replay?.()
    },
  }
}

/** Adds the task `replay(descriptor, chunk, thread)`, which makes the calls of a chunk. The descriptor: bytes of
 * scratch a thread, the address of the first thread's, then where the calls of each chunk begin and the last ones end.
 * */
export function emitReplay(m: Module): void {
  const functions = [...m.exported]
  m.func({ name: 'replay', params: ['i32', 'i32', 'i32'], export: true }, (f) => {
    const [descriptor, chunk, thread] = f.params
    const list = f.let(i32.add(descriptor, i32.shl(chunk, 2)))
    const at = f.let(i32.load(list, 8))
    const end = f.let(i32.load(list, 12))
    const own = f.let(i32.add(i32.load(descriptor, 4), i32.mul(thread, i32.load(descriptor))))
    f.while(i32.ltU(at, end), () => {
      const index = f.let(i32.load(at))
      const mask = f.let(i32.load(at, 4))
      functions.forEach(([, { params, call }], k) =>
        f.if(i32.eq(index, k), () => {
          let byte = 4 * HEADER
          const args = params.map((type, i) => {
            const offset = byte
            byte += type === 'f64' ? 8 : 4
            return type === 'i32'
              ? i32.add(i32.load(at, offset), i32.mul(own, i32.and(i32.shrU(mask, i), 1)))
              : type === 'f32'
                ? f32.load(at, offset)
                : f64.load(at, offset)
          })
          f.do(call(...args))
          f.set(at, i32.add(at, byte))
        }),
      )
    })
  })
}
