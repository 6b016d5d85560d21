import {
  completeAnyWord,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete'
import type { Extension } from '@codemirror/state'
import { EditorView, hoverTooltip, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import type { Language } from './client.ts'
import type { Meaning, Mistake } from './messages.ts'

/** After the last key, before the program is checked. */
const SETTLE_MS = 300

/** Kinds of the compiler in the words that CodeMirror has pictures for. */
const KINDS: Readonly<Record<string, string>> = {
  method: 'method',
  function: 'function',
  'local function': 'function',
  class: 'class',
  interface: 'interface',
  type: 'type',
  const: 'constant',
  keyword: 'keyword',
  module: 'namespace',
  property: 'property',
}

/** Names and members that fit, by their types; words of the text until the compiler is there. */
export const completionsOf =
  (language: Language) =>
  async (context: CompletionContext): Promise<CompletionResult | null> => {
    const { from } = context.matchBefore(/[\w$]*/)!
    const text = context.state.doc.toString()
    if (!context.explicit && from === context.pos && text[from - 1] !== '.') return null
    const found = await language.ask('propose', { text, at: context.pos })
    if (!found) return completeAnyWord(context)
    const at = context.pos
    const options = found.map(({ label, kind }): Completion => ({
      label,
      type: KINDS[kind] ?? 'variable',
      info: async () => {
        const told = await language.ask('explain', { text, at, label })
        return told && shown(told)
      },
    }))
    return { from, options, validFor: /^[\w$]*$/ }
  }

function shown({ type, words }: Omit<Meaning, 'from' | 'to'>): HTMLElement {
  const place = document.createElement('div')
  place.className = 'meaning'
  const code = place.appendChild(document.createElement('pre'))
  code.textContent = type
  if (words) place.appendChild(document.createElement('p')).textContent = words
  return place
}

/** Types on hover, and mistakes told a while after each change.
 * @param onMistakes gets null where nothing knows of any */
export function languageExtension(
  language: Language,
  onMistakes: (mistakes: readonly Mistake[] | null) => void,
): Extension {
  const hover = hoverTooltip(async ({ state }, at) => {
    const told = await language.ask('mean', { text: state.doc.toString(), at })
    return told && { pos: told.from, end: told.to, above: true, create: () => ({ dom: shown(told) }) }
  })
  const checker = ViewPlugin.define((view) => {
    let settling: ReturnType<typeof setTimeout> | undefined
    let isGone = false
    const check = async (): Promise<void> => {
      const { doc } = view.state
      const mistakes = await language.ask('check', { text: doc.toString() })
      if (!isGone && doc === view.state.doc) onMistakes(mistakes)
    }
    const soon = (): void => {
      clearTimeout(settling)
      settling = setTimeout(() => void check(), SETTLE_MS)
    }
    const stop = language.state.subscribe((state) => state === 'ready' && soon())
    return {
      update: ({ docChanged }: ViewUpdate) => docChanged && soon(),
      destroy: () => {
        isGone = true
        clearTimeout(settling)
        stop()
      },
    }
  })
  const start = EditorView.domEventHandlers({ focus: () => language.start() })
  return [hover, checker, start]
}
