// npm run playground: builds the page, serves it with the headers that let threads share memory, and says where.
// --port N takes a port; --plain leaves the headers out, as hosts do that cannot set them.
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ensurePackages } from './install.mjs'
import { must, root, run } from './run.mjs'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4173' }, plain: { type: 'boolean', default: false } },
})
const home = path.join(root, 'apps', 'playground')
ensurePackages()
console.log('Building')
must(run('vite', ['build', home, '--config', path.join(home, 'vite.config.ts')], { quiet: true }), 'build')
const { serveFolder } = await import('../apps/playground/build/serve.mjs')
const { url } = await serveFolder(path.join(home, 'dist'), { isolated: !values.plain, port: Number(values.port) })
console.log(`The playground is at ${url} (Ctrl and C ends it)`)
