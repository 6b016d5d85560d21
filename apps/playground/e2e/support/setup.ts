import path from 'node:path'
import { build } from 'vite'

/** The page is tested as it is built. */
export default async function setup(): Promise<void> {
  const root = path.resolve(import.meta.dirname, '..', '..')
  await build({ root, configFile: path.join(root, 'vite.config.ts'), logLevel: 'warn' })
}
