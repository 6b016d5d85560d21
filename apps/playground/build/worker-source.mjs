// The script of the CPU backend's own worker, as text: what the package's build puts in the place of `source.ts`.
import path from 'node:path'
import { rolldown } from 'rolldown'

/** @returns {import('vite').Plugin} */
export const workerSource = () => ({
  name: 'worker-source',
  async load(id) {
    if (!id.endsWith('/backend-cpu/src/worker/source.ts')) return null
    const input = path.join(path.dirname(id), 'entry.ts')
    const bundle = await rolldown({
      input,
      platform: 'browser',
      resolve: { conditionNames: ['@gradloom/source', 'import'] },
    })
    const { output } = await bundle.generate({ format: 'iife', minify: true })
    await bundle.close()
    return `export const workerSource = () => ${JSON.stringify(output[0].code)}\n`
  },
})
