import type { Dispatch } from './dispatch.ts'
import type { Move } from './moves.ts'
import type { Command, Program } from './program.ts'

/** A kernel, a copy to the host or back, or a loop of these. */
export type Item =
  | { readonly dispatch: Dispatch }
  | { readonly move: Move }
  | { readonly length: number; readonly isReverse: boolean; readonly items: readonly Item[] }

/** Loops written out: what moves from one position to the next are the numbers of a uniform. */
export function unrolled(items: readonly Item[]): Pick<Program, 'dispatches' | 'commands' | 'blocks'> {
  const numbers = new Map<Dispatch, number>()
  const commands: (Command | Move)[] = []
  const blocks: (readonly number[])[] = []
  const known = new Map<string, number>()
  const blockOf = (numbers: readonly number[]): number => {
    if (!numbers.length) return -1
    const key = numbers.join()
    const at = known.get(key) ?? blocks.push(numbers) - 1
    known.set(key, at)
    return at
  }
  const visit = (list: readonly Item[], positions: readonly number[]): void => {
    for (const item of list) {
      if ('dispatch' in item) {
        const { bases } = item.dispatch
        const dispatch = numbers.get(item.dispatch) ?? numbers.size
        numbers.set(item.dispatch, dispatch)
        commands.push({ dispatch, block: blockOf(bases.map((base) => base(positions))) })
        continue
      }
      if ('move' in item) {
        commands.push(item.move)
        continue
      }
      for (let i = 0; i < item.length; i++) visit(item.items, [...positions, item.isReverse ? item.length - 1 - i : i])
    }
  }
  visit(items, [])
  return { dispatches: [...numbers.keys()], commands, blocks }
}
