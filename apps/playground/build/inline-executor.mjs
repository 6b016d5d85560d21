// The CPU backend loads on demand what runs plans, since a page may want it in a worker of its own. The page's workers
// run plans themselves, from their start: one script is smaller than two, and comes sooner.

const ON_DEMAND = "(await import('./inline.ts')).createInline(options)"
const IN_NODE = "if (inline && nodeThreads()?.isMainThread) (await import('./memory/host-memory.ts')).reuseFreed()"

/** @returns {import('vite').Plugin} */
export const inlineExecutor = () => ({
  name: 'inline-executor',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/backend-cpu/src/cpu.ts')) return null
    for (const text of [ON_DEMAND, IN_NODE])
      if (!code.includes(text)) throw new Error(`inline-executor: \`${text}\` required in ${id}: read how it starts`)
    const own = code.replace(ON_DEMAND, 'createInline(options)').replace(IN_NODE, '')
    return `import { createInline } from './inline.ts'\n${own}`
  },
})
