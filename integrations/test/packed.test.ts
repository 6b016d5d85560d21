import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { publint } from 'publint'
import { build, createServer, type ViteDevServer } from 'vite'
import webpack from 'webpack'
import { launch, openApp } from '../support/browser.ts'
import { execute, installPacked, root } from '../support/packed.ts'
import { isolation, serveFolder, type Site } from '../support/server.ts'

interface Trained {
  readonly losses: readonly number[]
  readonly longTasks: readonly number[]
  readonly isolated: boolean
}
interface Survived {
  readonly before: readonly number[]
  readonly failures: readonly object[]
  readonly kept: readonly number[]
  readonly count: number
}
interface Plugged {
  readonly values?: readonly number[]
  readonly error?: object
}
interface App {
  train(settings?: object): Promise<Trained>
  survive(kill: () => unknown): Promise<Survived>
  plugged(own: boolean, threads?: number): Promise<Plugged>
}
declare const app: App
declare const workers: Worker[]

// Other tests run beside these, on however few cores there are.
vi.setConfig({ testTimeout: 90_000 })

let folder: string
let tarballs: readonly string[]
let browser: Browser
const sites: Site[] = []
let dev: ViteDevServer | undefined
const serve = async (...args: Parameters<typeof serveFolder>): Promise<string> => {
  const site = await serveFolder(...args)
  sites.push(site)
  return site.url
}
beforeAll(async () => {
  ;({ folder, tarballs } = installPacked())
  await build({ root: folder, base: './', logLevel: 'error', build: { outDir: path.join(folder, 'vite-dist') } })
  browser = await launch()
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await dev?.close()
  await Promise.all(sites.map((site) => site.close()))
  if (folder) rmSync(folder, { recursive: true })
})

const refusal = {
  name: 'KernelError',
  code: 'KERNEL',
  message: expect.stringMatching(/acme\/cube.*serve\(\{ plugins \}\)/) as string,
}
const death = { name: 'BackendError', code: 'BACKEND', message: expect.stringMatching(/worker died/) as string }
const lossesFall = ({ losses }: Trained): void => {
  expect(losses.at(-1)).toBeLessThan(losses[0] * 0.6)
}
const trainIn = (page: Page): Promise<Trained> => page.evaluate(() => app.train())
const NOTICE = /running on one thread.*Cross-Origin-Opener-Policy/

describe('packages', () => {
  // These packages are ECMAScript modules, for resolution that knows `exports`.
  const unsupported = ['NoResolution node10', 'CJSResolvesToESM node16-cjs']

  it('have manifests that tools agree with', async () => {
    expect(tarballs.length).toBeGreaterThanOrEqual(9)
    for (const tarball of tarballs) {
      const data = readFileSync(tarball)
      const analysis = await checkPackage(createPackageFromTarballData(data))
      const problems =
        'problems' in analysis
          ? analysis.problems.map((p) => `${p.kind} ${'resolutionKind' in p ? p.resolutionKind : ''}`)
          : ['no types']
      const { messages } = await publint({ pack: { tarball: Uint8Array.from(data).buffer }, strict: true })
      expect([tarball, problems.filter((p) => !unsupported.includes(p)), messages]).toEqual([tarball, [], []])
    }
  })

  it("declare types that hold without skipLibCheck and Node's types", () => {
    expect(execute(path.join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json'], folder)).toBe('')
  })
})

describe('the guide to a first model', () => {
  const page = readFileSync(path.join(root, 'docs/guides/first-model.md'), 'utf8')
  const program = /```ts\n(.*?)```/s.exec(page)?.[1] ?? ''

  it('is a program of under 40 lines that compiles as it stands', () => {
    expect(program.trim().split('\n').length).toBeLessThan(40)
    writeFileSync(path.join(folder, 'circle.ts'), program)
    const options = '--strict --target es2022 --module nodenext --noEmit --ignoreConfig'.split(' ')
    expect(execute(path.join(root, 'node_modules/.bin/tsc'), [...options, 'circle.ts'], folder)).toBe('')
  })

  it('trains, saves, loads and predicts', () => {
    expect(execute(process.execPath, ['circle.ts'], folder)).toBe('true\n[ 1, 0 ]\n')
    expect(existsSync(path.join(folder, 'circle.safetensors'))).toBe(true)
  })
})

describe('plain Node', () => {
  it('trains inline and in a worker alike, survives a kill, and runs kernels of plugins', () => {
    const { inline, worker, survived, plugged, refused } = JSON.parse(
      execute(process.execPath, ['node.mjs'], folder),
    ) as { inline: Trained; worker: Trained; survived: Survived; plugged: Plugged; refused: Plugged }
    lossesFall(inline)
    expect(worker.losses).toEqual(inline.losses)
    expect(survived).toEqual({ before: survived.before, failures: [death, death], kept: survived.before, count: 2 })
    expect([plugged, refused]).toEqual([{ values: [8, -27] }, { error: refusal }])
  })
})

describe('a backend of another package', () => {
  it("passes the kit under Node's test runner, which leaves out what it does not declare", () => {
    const output = execute(process.execPath, ['--test', '--test-reporter=tap', 'backend.test.mjs'], folder)
    const summary = /\{"runs".*\}/.exec(output)?.[0] ?? '{}'
    expect(output).toMatch(/^# fail 0$/m)
    const { runs, checks, excluded } = JSON.parse(summary) as {
      readonly runs: number
      readonly checks: number
      readonly excluded: readonly string[]
    }
    expect(runs).toBeGreaterThan(checks)
    expect(checks).toBeGreaterThan(20)
    expect([...new Set(excluded)].sort()).toEqual([
      'capabilities.dtypes has no float16',
      'capabilities.dtypes has no float64',
      'capabilities.kernels has no argsort',
    ])
  })
})

describe.each([
  ['isolated', isolation],
  ['not isolated', {}],
] as const)('built with Vite, in a page that is %s', (_, headers) => {
  let page: Page
  let lines: readonly string[]
  beforeAll(async () => {
    ;({ page, lines } = await openApp(browser, await serve(path.join(folder, 'vite-dist'), { headers })))
  }, 60_000)

  it('trains in a worker, and leaves the page responsive', async () => {
    const settings = { sizes: [512, 1024, 1024, 10], batch: 768, steps: 6 }
    // On a machine that is busy with other things the page may be kept waiting: the work itself must not.
    let trained = await page.evaluate((s) => app.train(s), settings)
    for (let tries = 1; trained.longTasks.length > 0 && tries < 3; tries++)
      trained = await page.evaluate((s) => app.train(s), settings)
    lossesFall(trained)
    expect(trained.isolated).toBe(headers === isolation)
    expect(trained.longTasks).toEqual([])
    const inline = await page.evaluate(
      (s) => app.train({ ...s, options: { placement: 'inline', threads: 1 } }),
      settings,
    )
    expect(inline.losses).toEqual(trained.losses)
    expect(inline.longTasks.length).toBeGreaterThan(0)
  })

  it('rejects what was under way when its worker is killed, and goes on with the values of the last step', async () => {
    const survived = await page.evaluate(() => app.survive(() => workers.at(-1)!.terminate()))
    expect(survived).toEqual({ before: survived.before, failures: [death, death], kept: survived.before, count: 2 })
  })

  it('runs kernels of plugins in a worker of its own', async () => {
    expect(await page.evaluate(() => app.plugged(true))).toEqual({ values: [8, -27] })
    expect(await page.evaluate(() => app.plugged(false))).toEqual({ error: refusal })
  })

  it('says once a backend that it runs on one thread, where it must', async () => {
    const before = lines.length
    await page.evaluate(() => app.survive(() => workers.at(-1)!.terminate()))
    expect(lines.slice(before)).toEqual(headers === isolation ? [] : [expect.stringMatching(NOTICE)])
  })
})

describe('in a page whose content policy forbids blob: workers', () => {
  it.each([
    ['isolated', isolation],
    ['not isolated', {}],
  ] as const)('the default worker is refused, one of its own runs: %s', async (_, headers) => {
    const url = await serve(path.join(folder, 'vite-dist'), {
      headers: { ...headers, 'content-security-policy': "worker-src 'self'" },
    })
    const { page } = await openApp(browser, url)
    const refused = page.evaluate(() =>
      app.train().catch(({ name, code, message }: Error & { code: string }) => ({ name, code, message })),
    )
    expect(await refused).toEqual({
      name: 'BackendError',
      code: 'BACKEND',
      message: expect.stringMatching(/did not start.*content policy.*cpu\(\{ worker \}\)/) as string,
    })
    expect(await page.evaluate(() => app.plugged(true, 1))).toEqual({ values: [8, -27] })
    const threaded = {
      error: {
        name: 'BackendError',
        code: 'BACKEND',
        message: expect.stringMatching(/could not start.*threads: 1/) as string,
      },
    }
    expect(await page.evaluate(() => app.plugged(true, 2))).toEqual(
      headers === isolation ? threaded : { values: [8, -27] },
    )
  })
})

describe('other ways to load', { timeout: 120_000 }, () => {
  const checkPage = async (url: string): Promise<void> => {
    const { page, lines } = await openApp(browser, url)
    lossesFall(await trainIn(page))
    expect(lines.filter((line) => !NOTICE.test(line) && !line.startsWith('debug'))).toEqual([])
  }

  it('a development server of Vite', async () => {
    dev = await createServer({ root: folder, logLevel: 'error', server: { port: 0, host: '127.0.0.1', hmr: false } })
    await dev.listen()
    await checkPage(dev.resolvedUrls!.local[0])
  })

  it('webpack', async () => {
    const out = path.join(folder, 'webpack-dist')
    await new Promise<void>((resolve, reject) => {
      webpack(
        {
          mode: 'production',
          optimization: { minimize: false },
          performance: { hints: false },
          context: folder,
          entry: './page.js',
          output: { path: out, filename: 'page.js' },
        },
        (error, stats) => {
          if (error || stats?.hasErrors() || stats?.hasWarnings()) reject(error ?? new Error(stats?.toString()))
          else resolve()
        },
      )
    })
    await checkPage(
      (await serve(out, { pages: { '/index.html': '<script src="./page.js"></script>' } })) + 'index.html',
    )
  })

  it('modules from another origin', async () => {
    const there = await serve(folder, { headers: { 'access-control-allow-origin': '*' } })
    const names = ['core', 'ops', 'blas-wasm', 'backend-cpu', 'nn', 'optim'].map((name) => [
      `@gradloom/${name}`,
      `${there}node_modules/@gradloom/${name}/dist/index.js`,
    ])
    const extend = ['@gradloom/core/extend', `${there}node_modules/@gradloom/core/dist/extend.js`]
    const imports = Object.fromEntries([
      ...names,
      extend,
      ['comlink', `${there}node_modules/comlink/dist/esm/comlink.mjs`],
    ])
    const page = `<script type="importmap">${JSON.stringify({ imports })}</script><script type="module">import { train } from '${there}main.js'; globalThis.app = { train }</script>`
    await checkPage((await serve(folder, { pages: { '/cdn.html': page } })) + 'cdn.html')
  })
})
