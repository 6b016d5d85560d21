// Serves a folder of files on this machine alone. With `isolated`, pages may share memory between threads.
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * @param {string} folder
 * @param {{ isolated?: boolean, port?: number, under?: string }} [options] `under`: the path that it answers at
 */
export async function serveFolder(folder, { isolated = true, port = 0, under = '/' } = {}) {
  const headers = isolated
    ? { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
    : {}
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://site')
    const inside = pathname.startsWith(under) ? decodeURIComponent(pathname.slice(under.length)) : '..'
    const file = path.join(folder, inside === '' ? 'index.html' : path.normalize(inside))
    const isThere = file.startsWith(folder) && existsSync(file) && statSync(file).isFile()
    if (!isThere) return void response.writeHead(404, headers).end()
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream'
    const length = statSync(file).size
    response.writeHead(200, { ...headers, 'content-type': type, 'content-length': length, 'cache-control': 'no-cache' })
    createReadStream(file).pipe(response)
  })
  await new Promise((started) => {
    server.listen(port, '127.0.0.1', () => started(undefined))
  })
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${address.port}${under}`,
    port: address.port,
    /** @returns {Promise<void>} */
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
