import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>benchmark</title><script type="module" src="/page.js"></script>'
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
}

/** Serves the page, its scripts, and under /assets the files that peers fetch; with `isolated`, pages may share memory.
 * */
export async function servePage(
  folder: string,
  isolated: boolean,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { resolve } = createRequire(import.meta.url)
  const assets = [path.dirname(resolve('@tensorflow/tfjs-backend-wasm')), path.dirname(resolve('onnxruntime-web'))]
  const find = (name: string): string | undefined =>
    (name.startsWith('/assets/') ? assets : [folder])
      .map((place) => path.join(place, path.basename(name)))
      .find((file) => existsSync(file))
  const server: Server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://page')
    const headers = isolated ? ISOLATION : {}
    if (pathname === '/') return void response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(PAGE)
    const file = find(pathname)
    if (!file) return void response.writeHead(404, headers).end()
    createReadStream(file).pipe(
      response.writeHead(200, { ...headers, 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' }),
    )
  })
  await new Promise<void>((started) => {
    server.listen(0, '127.0.0.1', started)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
      }),
  }
}
