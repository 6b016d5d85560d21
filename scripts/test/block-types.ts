import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../run.mjs'
import { folderOf, nameOf, type Block } from './blocks.ts'

type Json = { readonly [key: string]: unknown }

function compile(folder: string, name: string, config: Json): string {
  writeFileSync(path.join(folder, name), JSON.stringify(config))
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '--pretty', 'false', '-p', name], {
    cwd: folder,
    encoding: 'utf8',
  })
  return stdout + stderr
}

/** The packages as they are installed, as far as the compiler looks: manifests and declarations, made from the sources. */
export function installDeclarations(folder: string): void {
  const complaints = compile(folder, 'declarations.json', {
    extends: path.join(root, 'packages/backend-cpu/tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: path.join(root, 'packages'),
      outDir: 'declarations',
      typeRoots: [path.join(root, 'node_modules/@types')],
    },
    include: [path.join(root, 'packages/*/src')],
  })
  if (complaints) throw new Error(complaints)
  for (const name of readdirSync(path.join(root, 'packages'))) {
    const home = path.join(folder, 'node_modules', name === 'gradloom' ? name : `@gradloom/${name}`)
    mkdirSync(home, { recursive: true })
    cpSync(path.join(root, 'packages', name, 'package.json'), path.join(home, 'package.json'))
    cpSync(path.join(folder, 'declarations', name, 'src'), path.join(home, 'dist'), { recursive: true })
  }
  rmSync(path.join(folder, 'declarations'), { recursive: true })
  mkdirSync(path.join(folder, 'node_modules/@types'))
  for (const name of ['@types/node', 'vitest'])
    symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name))
}

/** Writes blocks as the modules that they are. */
export function writeBlocks(folder: string, blocks: readonly Block[]): void {
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}')
  for (const block of blocks) {
    const home = path.join(folder, folderOf(block.page))
    mkdirSync(home, { recursive: true })
    writeFileSync(path.join(home, nameOf(block)), `${block.code}\nexport {}\n`)
  }
}

export interface Setting {
  readonly resolution: 'nodenext' | 'bundler'
  readonly isChecked: boolean
}

/** What the compiler says to blocks, as a program of a user has them: strict, without skipLibCheck, with the
 * libraries of its target. Node's types are
 * there for those that are for Node. */
export function complaintsOf(folder: string, blocks: readonly Block[], { resolution, isChecked }: Setting): string {
  const check = (name: string, types: readonly string[], some: readonly Block[]): string =>
    some.length
      ? compile(folder, `${name}.json`, {
          compilerOptions: {
            strict: true,
            target: 'es2022',
            module: resolution === 'nodenext' ? 'nodenext' : 'preserve',
            moduleResolution: resolution,
            noUncheckedIndexedAccess: isChecked,
            skipLibCheck: false,
            allowImportingTsExtensions: true,
            noEmit: true,
            types,
          },
          files: some.map((block) => path.join(folderOf(block.page), nameOf(block))),
        })
      : ''
  const name = `${resolution}-${isChecked}`
  return (
    check(
      name,
      [],
      blocks.filter((b) => !b.isNode),
    ) +
    check(
      `${name}-node`,
      ['node'],
      blocks.filter((b) => b.isNode),
    )
  )
}
