// The CPU backend loads on demand what runs plans, since a page may want it in a worker of its own. The page's workers
// run plans themselves, from their start: one script is smaller than two, and comes sooner.

const ON_DEMAND = "(await import('./inline.ts')).createInline(options)"

/** @returns {import('vite').Plugin} */
export const inlineExecutor = () => ({
  name: 'inline-executor',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/backend-cpu/src/cpu.ts')) return null
    if (!code.includes(ON_DEMAND)) throw new Error(`inline-executor: \`${ON_DEMAND}\` required in ${id}: read its load`)
    return `import { createInline } from './inline.ts'\n${code.replace(ON_DEMAND, 'createInline(options)')}`
  },
})
