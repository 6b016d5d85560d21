import { signal } from '@preact/signals'
import { recall, remember } from './memory.ts'

export type Scheme = 'system' | 'light' | 'dark'
const KEY = 'gradloom scheme'
const SCHEMES: readonly Scheme[] = ['system', 'light', 'dark']

const remembered = (): Scheme => {
  const value = recall(KEY)
  return SCHEMES.find((scheme) => scheme === value) ?? 'system'
}
export const scheme = signal<Scheme>(remembered())
/** Grows whenever colours change: pictures are drawn anew. */
export const palette = signal(0)

const dark = matchMedia('(prefers-color-scheme: dark)')

export function apply(): void {
  const isDark = scheme.value === 'dark' || (scheme.value === 'system' && dark.matches)
  document.documentElement.dataset.scheme = isDark ? 'dark' : 'light'
  document.documentElement.style.colorScheme = isDark ? 'dark' : 'light'
  palette.value++
}

export function setScheme(next: Scheme): void {
  scheme.value = next
  remember(KEY, next)
  apply()
}

export const nextScheme = (): Scheme => SCHEMES[(SCHEMES.indexOf(scheme.value) + 1) % SCHEMES.length]

dark.addEventListener('change', apply)

/** A colour of the system by its token, as `accent`. */
export const colour = (token: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim()
