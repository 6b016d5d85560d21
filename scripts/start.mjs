// npm start: from a fresh clone to a classifier trained on MNIST. Flags after `--` go to the example.
import path from 'node:path'
import { ensurePackages } from './install.mjs'
import { must, pnpm, root, run } from './run.mjs'

ensurePackages()
console.log('Building')
must(pnpm(['exec', 'nx', 'run', '@gradloom/example-mnist:build'], { quiet: true }), 'build')
process.exit(run('node', [path.join(root, 'examples', 'mnist', 'dist', 'main.js'), ...process.argv.slice(2)]))
