import { loopText } from '../loop/emit.ts'
import { spaceOf } from '../loop/space.ts'
import type { Epilogue } from '../run/epilogues.ts'
import type { ArrayAccess, BufferOf, Shader } from '../wgsl/shader.ts'

/** What loops do on one result of a kernel, `value` at position `element`: each on what the one before would write. */
export function epilogueText([{ loop, of, isRead }, ...next]: readonly Epilogue[], shader: Shader): string {
  const space = spaceOf(loop)
  const taken: ArrayAccess = { get: () => 'value', wide: () => 'value', set: () => '' }
  const passed: ArrayAccess = {
    ...taken,
    set: (index, value) => `{ let element = ${index}; let value = ${value};\n${epilogueText(next, shader)} }`,
  }
  const reads = loop.reads.map((r) => (r.buffer === of.buffer ? taken : shader.of(r)))
  const writes = loop.phases.flatMap((p) => p.write.map(({ access }) => (next.length ? passed : shader.of(access))))
  const text = loopText(space, { reads, writes })
  const { outer } = space.affines[loop.reads.findIndex((r) => r.buffer === of.buffer)]
  const inOrder = outer.map((_, d) => d).sort((a, b) => outer[b] - outer[a])
  return [
    isRead ? shader.of(of).set('element', 'value') : '',
    text.enter('u32(element)', inOrder),
    ...space.phases.map((_, k) => `{ ${text.body(k)} }`),
  ].join('\n')
}

/** Statements that write one result, or do what the loops behind the kernel do on it. */
export const resultAt = (
  result: BufferOf,
  shader: Shader,
  epilogues: readonly Epilogue[],
  element: string,
  value: string,
): string =>
  epilogues.length
    ? `let element = ${element};\nlet value = ${value};\n${epilogueText(epilogues, shader)}`
    : shader.of(result).set(element, value)
