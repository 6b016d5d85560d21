import type { Pipeline } from '../device/pipelines.ts'
import type { Block } from '../device/pool.ts'
import type { Session } from '../device/session.ts'
import type { Dispatch } from './dispatch.ts'
import type { FeedRoom } from './feed-room.ts'
import { ARENA } from './place.ts'

/** The bind groups of a program's dispatches, made once for each set of blocks that they are given. */
export interface BindGroups {
  /** By dispatch. `roots`: the blocks of the plan's inputs; null for those in the room of feeds. */
  of(roots: readonly (Block | null)[], feeds: FeedRoom, arena: Block): readonly GPUBindGroup[]
}

/** Sets that are remembered for a dispatch: variables that are replaced in turn come back. */
const MOST = 8

export function createBindGroups(
  { device }: Session,
  dispatches: readonly Dispatch[],
  pipelines: readonly Pipeline[],
  control: Block | null,
): BindGroups {
  const known = dispatches.map(() => new Map<string, GPUBindGroup>())
  const used = dispatches.map((d) => [...new Set(d.bindings.map((b) => b.root))])
  let last: { readonly blocks: readonly (Block | null)[]; readonly groups: readonly GPUBindGroup[] } | null = null
  const groupOf = (dispatch: number, roots: readonly (Block | null)[], feeds: FeedRoom, arena: Block): GPUBindGroup => {
    const blockOf = (root: number): Block => (root === ARENA ? arena : (roots[root] ?? feeds.block!))
    let key = ''
    for (const root of used[dispatch]) key += `${blockOf(root).id},`
    const groups = known[dispatch]
    const group = groups.get(key)
    if (group) return group
    if (groups.size >= MOST) groups.delete(groups.keys().next().value!)
    const { bindings, control: usesControl, label } = dispatches[dispatch]
    const entries = bindings.map(({ root, byteOffset, byteLength }, binding): GPUBindGroupEntry => {
      const inFeeds = root !== ARENA && !roots[root]
      const offset = byteOffset + (inFeeds ? feeds.offsetOf(root) : 0)
      return { binding, resource: { buffer: blockOf(root).gpu, offset, size: byteLength } }
    })
    if (usesControl !== 'none') entries.push({ binding: entries.length, resource: { buffer: control!.gpu } })
    const made = device.createBindGroup({ layout: pipelines[dispatch].layout, entries, label })
    groups.set(key, made)
    return made
  }
  return {
    of(roots, feeds, arena) {
      const blocks = [arena, feeds.block, ...roots]
      const isLast = last?.blocks.every((block, i) => block === blocks[i])
      if (last && isLast) return last.groups
      const groups = dispatches.map((_, i) => groupOf(i, roots, feeds, arena))
      last = { blocks, groups }
      return groups
    },
  }
}
