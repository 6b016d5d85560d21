import { signal } from '@preact/signals'

/** Where a link leads: a page, and what it holds besides. */
export interface Route {
  readonly page: string
  readonly params: URLSearchParams
}

export const START = 'train'
const SETTLE_MS = 300

/** The settings that pages have. */
const noted = new Map<string, string>()

/** An address without settings leads back to those that its page has. */
function read(): Route {
  const [, name, given] = /^#\/([a-z]*)(?:\?(.*))?$/.exec(location.hash) ?? []
  const page = name || START
  return { page, params: new URLSearchParams(given ?? noted.get(page) ?? '') }
}

/** Changes where a link was followed, not where a page writes its settings into the address. */
export const route = signal<Route>(read())

let pending: ReturnType<typeof setTimeout> | undefined
addEventListener('hashchange', () => {
  clearTimeout(pending)
  route.value = read()
})

export const addressOf = (page: string, query = ''): string => `#/${page}${query}`

/** Goes to a page; the way back leads here. */
export function go(page: string, query = ''): void {
  location.hash = addressOf(page, query)
}

/** Puts settings into the address, once they have settled; no entry of the history for each. */
export function note(page: string, query: string): void {
  clearTimeout(pending)
  noted.set(page, query)
  pending = setTimeout(() => {
    if (read().page === page) history.replaceState(null, '', addressOf(page, query))
  }, SETTLE_MS)
}
