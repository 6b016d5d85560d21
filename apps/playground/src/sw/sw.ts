// Keeps every file of the site for offline use, and adds the headers by which threads may share memory, for hosts that
// cannot, and by which workers are held to the page's policy. It answers for its own folder alone.

/** What a service worker has beside the names of a page. */
interface ServiceScope {
  readonly registration: { readonly scope: string }
  readonly clients: { claim(): Promise<void>; matchAll(): Promise<readonly { postMessage(message: unknown): void }[]> }
  addEventListener(type: string, listener: (event: LifeEvent) => void): void
}
interface LifeEvent {
  readonly request: Request
  readonly data: unknown
  waitUntil(work: Promise<unknown>): void
  respondWith(response: Promise<Response>): void
}
const worker = globalThis as unknown as ServiceScope
const files = '__FILES__'.split('\n')
const policy = '__POLICY__'
const home = worker.registration.scope
/** Named by the folder too: neighbours of the same origin keep theirs. */
const family = `gradloom ${home} `
const current = family + hash(files.join())
const addressOf = (file: string): string => new URL(file === 'index.html' ? './' : file, home).href
/** Pages ask for these at once; the rest, data and pages that are loaded when they are opened, comes afterwards. */
const isShell = (file: string): boolean =>
  file === 'index.html' || /assets\/(index|route|link|session)-.*\.(js|css)$/.test(file)
/** These have no body to give again, or none that may be read. */
const PASSED = new Set([0, 204, 304])

function hash(text: string): string {
  let value = 5381
  for (let i = 0; i < text.length; i++) value = (value * 33 + text.charCodeAt(i)) | 0
  return (value >>> 0).toString(36)
}

function isolated(response: Response): Response {
  if (PASSED.has(response.status) || response.type === 'opaque') return response
  const headers = new Headers(response.headers)
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
  headers.append('Content-Security-Policy', policy)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

async function keep(wanted: readonly string[]): Promise<void> {
  const cache = await caches.open(current)
  for (const file of wanted) if (!(await cache.match(addressOf(file)))) await cache.add(addressOf(file))
}

async function keepAll(): Promise<void> {
  await keep(files)
  for (const client of await worker.clients.matchAll()) client.postMessage({ type: 'offline' })
}

/** Files whose name has a hash come from the cache. The page comes from the network, so that a new one is seen. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(current)
  const kept = await cache.match(request, { ignoreSearch: true })
  if (request.mode !== 'navigate') return isolated(kept ?? (await fetch(request)))
  try {
    return isolated(await fetch(request))
  } catch (error) {
    const page = kept ?? (await cache.match(addressOf('index.html')))
    if (!page) throw error
    return isolated(page)
  }
}

worker.addEventListener('install', (event) => event.waitUntil(keep(files.filter(isShell))))
worker.addEventListener('activate', (event) => {
  const forget = async (): Promise<void> => {
    const old = (await caches.keys()).filter((other) => other.startsWith(family) && other !== current)
    await Promise.all(old.map((other) => caches.delete(other)))
    await worker.clients.claim()
  }
  event.waitUntil(forget())
})
worker.addEventListener('message', (event) => {
  if (event.data === 'keep all') event.waitUntil(keepAll())
})
worker.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method === 'GET' && request.url.startsWith(home)) event.respondWith(answer(request))
})

export {}
