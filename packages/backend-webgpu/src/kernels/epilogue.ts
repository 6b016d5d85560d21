import { loopText } from '../loop/emit.ts'
import { spaceOf } from '../loop/space.ts'
import type { Epilogue } from '../run/epilogues.ts'
import type { ArrayAccess, Shader } from '../wgsl/shader.ts'
import type { Result } from './result.ts'

/** What a loop does on one result of a kernel, `value` at position `element`. */
export function epilogueText({ loop, isRead }: Epilogue, result: Result, shader: Shader): string {
  const space = spaceOf(loop)
  const value: ArrayAccess = { get: () => 'value', wide: () => 'value', set: () => '' }
  const reads = loop.reads.map((r) => (r.buffer === result.buffer ? value : shader.of(r)))
  const writes = loop.phases.flatMap((p) => p.write.map(({ access }) => shader.of(access)))
  const text = loopText(space, { reads, writes })
  return [
    ...(isRead ? [shader.of(result).set('element', 'value')] : []),
    text.enter('u32(element)'),
    ...space.phases.map((_, k) => `{ ${text.body(k)} }`),
  ].join('\n')
}
