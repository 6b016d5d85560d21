import { signal } from '@preact/signals'
import { recall, remember } from './memory.ts'

const KEY = 'gradloom keys'
/** Whether single keys do something: who dictates to the browser switches them off. */
export const areKeysOn = signal(recall(KEY) !== 'off')
export function setKeys(on: boolean): void {
  areKeysOn.value = on
  remember(KEY, on ? 'on' : 'off')
}

export interface Shortcut {
  /** Such as `s`, `g t`, or `Space`. */
  readonly keys: string
  readonly does: string
  readonly run: () => void
}
/** What the page in front adds to those of the shell. */
export const pageShortcuts = signal<readonly Shortcut[]>([])

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName)) &&
  !(target instanceof HTMLInputElement && ['radio', 'checkbox', 'button'].includes(target.type))
/** Elements that have a meaning for Space and Enter of their own. */
const isPressed = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, summary, a, input, canvas') !== null

let before = ''
export function listen(shortcuts: () => readonly Shortcut[]): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !areKeysOn.value || isTyping(event.target)) return
    if (document.querySelector('dialog[open]')) return
    const key = event.key === ' ' ? 'Space' : event.key
    if (key === 'Space' && isPressed(event.target)) return
    const found = shortcuts().find(({ keys }) => keys === key || keys === `${before} ${key}`)
    before = key
    if (!found) return
    event.preventDefault()
    found.run()
  })
}
