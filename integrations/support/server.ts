import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

export interface Site {
  readonly url: string
  close(): Promise<void>
}

/** Headers that let a page share memory. */
export const isolation: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
}

/** Serves the files of a folder; `pages` are texts that it serves besides. */
export async function serveFolder(
  folder: string,
  {
    headers = {},
    pages = {},
  }: { readonly headers?: Readonly<Record<string, string>>; readonly pages?: Readonly<Record<string, string>> } = {},
): Promise<Site> {
  const server: Server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://site')
    const file = path.join(folder, pathname === '/' ? 'index.html' : path.normalize(pathname))
    const typed = (name: string): Record<string, string> => ({
      ...headers,
      'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream',
    })
    if (pathname === '/favicon.ico') return void response.writeHead(204).end()
    if (pathname in pages) return void response.writeHead(200, typed(pathname)).end(pages[pathname])
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404, headers).end()
    createReadStream(file).pipe(response.writeHead(200, typed(file)))
  })
  await new Promise<void>((started) => {
    server.listen(0, '127.0.0.1', started)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
