import { loopText } from '../loop/emit.ts'
import { spaceOf } from '../loop/space.ts'
import type { Epilogue } from '../run/epilogues.ts'
import type { ArrayAccess, Shader } from '../wgsl/shader.ts'
import type { KernelContext } from './context.ts'
import type { Result } from './result.ts'

/** What a loop does on one result of a kernel, `value` at position `element`. */
export function epilogueText(
  { loop, isRead }: Epilogue,
  { buffer: out, dtype }: Result,
  shader: Shader,
  context: KernelContext,
): string {
  const space = spaceOf(loop)
  const arrayOf = ({ buffer, dtype: own }: { readonly buffer: number; readonly dtype: typeof dtype }): ArrayAccess =>
    shader.array(context.place(buffer), own)
  const result: ArrayAccess = {
    get: () => 'value',
    wide: () => 'value',
    set: () => '',
  }
  const reads = loop.reads.map((r) => (r.buffer === out ? result : arrayOf(r)))
  const writes = loop.phases.flatMap((p) => p.write.map(({ access }) => arrayOf(access)))
  const text = loopText(space, { reads, writes })
  return [
    ...(isRead ? [arrayOf({ buffer: out, dtype }).set('element', 'value')] : []),
    text.enter('u32(element)'),
    ...space.phases.map((_, k) => `{ ${text.body(k)} }`),
  ].join('\n')
}
