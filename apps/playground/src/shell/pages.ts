import type { ComponentType } from 'preact'
import type { IconName } from '../ui/icons.tsx'

export interface PageEntry {
  readonly key: string
  readonly name: string
  readonly icon: IconName
  /** The letter that leads to it after `g`. */
  readonly letter: string
  readonly load: () => Promise<{ readonly default: ComponentType }>
}

/** Every page that there is; each is loaded when it is opened. */
export const pages: readonly PageEntry[] = [
  { key: 'train', name: 'Train', icon: 'train', letter: 't', load: () => import('../pages/train/Train.tsx') },
  { key: 'write', name: 'Write', icon: 'write', letter: 'w', load: () => import('../pages/write/Write.tsx') },
  { key: 'memory', name: 'Memory', icon: 'memory', letter: 'm', load: () => import('../pages/memory/Memory.tsx') },
  { key: 'graph', name: 'Graph', icon: 'graph', letter: 'r', load: () => import('../pages/graph/Graph.tsx') },
  { key: 'code', name: 'Code', icon: 'code', letter: 'c', load: () => import('../pages/code/Code.tsx') },
  { key: 'op', name: 'Op', icon: 'op', letter: 'o', load: () => import('../pages/op/Op.tsx') },
  { key: 'linalg', name: 'Linalg', icon: 'linalg', letter: 'l', load: () => import('../pages/linalg/Linalg.tsx') },
  { key: 'bench', name: 'Bench', icon: 'bench', letter: 'b', load: () => import('../pages/bench/Bench.tsx') },
]
