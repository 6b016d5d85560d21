// pnpm e2e: the playground in Chromium, as it is built. --screenshots makes pictures of every page instead of tests;
// other arguments go to Playwright.
import path from 'node:path'
import { ensureChromium, ensurePackages } from './install.mjs'
import { root, run } from './run.mjs'

ensurePackages()
ensureChromium()
const home = path.join(root, 'apps', 'playground')
const given = process.argv.slice(2)
const others = given.filter((arg) => arg !== '--screenshots')
const chosen = given.includes('--screenshots') ? ['--grep', '@screenshots'] : ['--grep-invert', '@screenshots']
const cli = path.join(home, 'node_modules', '@playwright', 'test', 'cli.js')
process.exit(run('node', [cli, 'test', '--config', path.join(home, 'playwright.config.ts'), ...chosen, ...others]))
