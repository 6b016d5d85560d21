import type { HostArray } from '../host.ts'
import { Tensor } from '../graph/tensor.ts'
import type { ValueAttrs } from '../ops/leaf.ts'
import type { DeviceBuffer } from '../plan/backend.ts'

/** Pages and Node have it, the language has not. */
declare const console: { warn(text: string): void }

interface Held {
  readonly device: DeviceBuffer
  readonly free: () => void
  /** The stack of the call that kept it; empty where none had been dropped yet. */
  readonly site: string
}
/** As far as to who called what gives the values: behind, the stack is another one each time. */
const FRAMES = 6
type Values = (HostArray | Tensor)[]

/** A net under tensors of `{ keep: true }`: what is dropped without `dispose` is freed once nobody can reach it, and
 * where it was kept is said, each place once. Stacks cost more than small calls do: they are read once a value was
 * dropped, which is freed without a word. Called where the user's call is still on the stack. */
export function createNet(): (values: Promise<Values>) => Promise<Values> {
  let isWary = false
  const told = new Set<string>([''])
  const dropped = new FinalizationRegistry<Held>(({ device, free, site }) => {
    if (device.disposed) return
    free()
    isWary = true
    if (told.has(site)) return
    told.add(site)
    console.warn(`a tensor of { keep: true } was dropped, and is freed: dispose() what this call gives\n${site}`)
  })
  return async (values) => {
    const site = isWary ? String(new Error('kept').stack).split('\n', FRAMES).join('\n') : ''
    const all = await values
    for (const value of all) {
      if (!(value instanceof Tensor)) continue
      const { device, free } = value.node.attrs as ValueAttrs
      dropped.register(value.node, { device: device!, free: free!, site })
    }
    return all
  }
}
