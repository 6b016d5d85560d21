import { padded, sized, text, unsigned, type Byte } from './bytes.ts'
import { buildFunction, typeByte, type FunctionBody, type FunctionBuilder } from './function.ts'
import { liftAs, node, type Callee, type Operand, type Value, type ValueType } from './value.ts'

/** Arguments of a call, typed by the parameters. */
export type Arguments<P extends readonly ValueType[]> = { readonly [K in keyof P]: Operand<P[K]> }

/** A function of the module, defined or imported. `call` gives its result (drop a void one with `f.do`). */
export interface FunctionHandle<
  P extends readonly ValueType[] = readonly ValueType[],
  R extends ValueType | 'void' = ValueType | 'void',
> extends Callee {
  readonly params: P
  readonly result: R
  call(...args: Arguments<P>): Value<R>
}

export interface MemoryImport {
  readonly module?: string
  readonly name?: string
  /** Pages of 64 KiB that the memory must have at least. */
  readonly initial?: number
  /** Most pages it may have; required if shared. */
  readonly maximum?: number
  readonly shared?: boolean
}

/** A wasm module under construction. What a function calls is imported or defined before it. */
export interface Module {
  /** The one memory, `env.memory` by default. */
  importMemory(memory?: MemoryImport): void
  importFunction<const P extends readonly ValueType[], R extends ValueType | 'void' = 'void'>(
    module: string,
    name: string,
    signature: { readonly params: P; readonly result?: R },
  ): FunctionHandle<P, R>
  /** Defines a function; `body` runs at once. `result` is `void` if left out; a body that gives one ends in `f.return`.
   * */
  func<const P extends readonly ValueType[], R extends ValueType | 'void' = 'void'>(
    options: { readonly name: string; readonly params: P; readonly result?: R; readonly export?: boolean },
    body: (f: FunctionBuilder<P>) => void,
  ): FunctionHandle<P, R>
  /** The same, once: asked for again under its name it gives the first. For helpers that several kernels call. */
  readonly shared: Module['func']
  /** Exports a function of this module under a name of its own. */
  export(handle: Callee, name: string): void
  /** What is exported so far. */
  readonly exported: readonly (readonly [name: string, handle: FunctionHandle])[]
  /** What `create` gave for this key the first time. */
  once<T>(key: string, create: () => T): T
  toBytes(): Uint8Array<ArrayBuffer>
}

const magic = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** Starts an empty module. `toBytes` may be called more than once. */
export function createModule(): Module {
  const types: Byte[][] = []
  const typeIndex = new Map<string, number>()
  const imports: { readonly callee: Callee; readonly bytes: Byte[] }[] = []
  const functions: { readonly callee: Callee; readonly type: number; body: FunctionBody }[] = []
  const exported: [name: string, handle: FunctionHandle][] = []
  const shared = new Map<string, unknown>()
  let memory: Byte[] | undefined

  const typeOf = (params: readonly ValueType[], result: ValueType | 'void'): number => {
    const results = result === 'void' ? [] : [result]
    const key = `${params.join()}:${result}`
    let index = typeIndex.get(key)
    if (index === undefined) {
      index =
        types.push([0x60, ...sized(params.map((t) => typeByte[t])), ...sized(results.map((t) => typeByte[t]))]) - 1
      typeIndex.set(key, index)
    }
    return index
  }
  const handleOf = <P extends readonly ValueType[], R extends ValueType | 'void'>(
    name: string,
    params: P,
    result: R,
  ): FunctionHandle<P, R> => {
    const handle: FunctionHandle<P, R> = {
      name,
      params,
      result,
      call: (...args) => ({
        ...node(
          result,
          0x10,
          params.map((type, k) => liftAs(type, args[k] as Value<typeof type>)),
        ),
        callee: handle,
      }),
    }
    return handle
  }
  const m: Module = {
    importMemory: ({ module = 'env', name = 'memory', initial = 0, maximum, shared: isShared = false } = {}) => {
      const limits =
        maximum === undefined
          ? [0, ...unsigned(initial)]
          : [isShared ? 3 : 1, ...unsigned(initial), ...unsigned(maximum)]
      memory = [...text(module), ...text(name), 2, ...limits]
    },
    importFunction: (module, name, { params, result }) => {
      const handle = handleOf(name, params, result ?? ('void' as never))
      imports.push({
        callee: handle,
        bytes: [...text(module), ...text(name), 0, ...unsigned(typeOf(params, handle.result))],
      })
      return handle
    },
    func: ({ name, params, result, export: isExported }, body) => {
      const handle = handleOf(name, params, result ?? ('void' as never))
      functions.push({ callee: handle, type: typeOf(params, handle.result), body: buildFunction(params, body) })
      if (isExported) m.export(handle, name)
      return handle
    },
    shared: (options, body) => m.once(options.name, () => m.func(options, body)),
    export: (handle, name) => void exported.push([name, handle as FunctionHandle]),
    exported,
    once: <T>(key: string, create: () => T): T => {
      if (!shared.has(key)) shared.set(key, create())
      return shared.get(key) as T
    },
    toBytes: () => {
      const index = new Map<Callee, number>([...imports, ...functions].map(({ callee }, k) => [callee, k]))
      // Sections as lists of pieces, laid into one array at the end: bodies are large.
      const pieces: (readonly Byte[])[] = [magic]
      const section = (id: number, entries: readonly (readonly (readonly Byte[])[])[]): void => {
        if (entries.length === 0) return
        const content = [unsigned(entries.length), ...entries.flat()]
        pieces.push([id, ...unsigned(content.reduce((sum, { length }) => sum + length, 0))], ...content)
      }
      section(
        1,
        types.map((type) => [type]),
      )
      section(2, [...(memory ? [[memory]] : []), ...imports.map(({ bytes }) => [bytes])])
      section(
        3,
        functions.map(({ type }) => [unsigned(type)]),
      )
      section(
        7,
        exported.map(([name, handle]) => [text(name), [0], unsigned(index.get(handle)!)]),
      )
      section(
        10,
        functions.map(({ callee, body }) => {
          for (const [at, target] of body.calls) {
            const to = index.get(target)
            if (to === undefined)
              throw new Error(`wasm: '${callee.name}' calls '${target.name}', which belongs to another module`)
            padded(to).forEach((byte, k) => (body.bytes[at + k] = byte))
          }
          return [unsigned(body.bytes.length), body.bytes]
        }),
      )
      const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
      let at = 0
      for (const piece of pieces) {
        out.set(piece, at)
        at += piece.length
      }
      return out
    },
  }
  return m
}
