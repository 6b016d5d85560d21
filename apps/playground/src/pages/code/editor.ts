import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { EditorState, type Extension } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { language } from './language/client.ts'
import { completionsOf, languageExtension } from './language/extension.ts'
import type { Mistake } from './language/messages.ts'

export interface Editor {
  readonly text: string
  replace(text: string): void
  /** Marks a line as where something went wrong. */
  mark(line: number, message: string): void
  unmark(): void
  goTo(line: number): void
  destroy(): void
}

const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.definitionKeyword], color: 'var(--accent)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--positive)' },
  { tag: [tags.comment], color: 'var(--muted)' },
  { tag: [tags.typeName, tags.className], color: 'var(--negative)' },
])
const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'var(--panel)', color: 'var(--ink)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px' },
  '.cm-gutters': { backgroundColor: 'var(--panel)', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--sunken)' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--line) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--panel)', border: '1px solid var(--edge)', color: 'var(--ink)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
})

interface Settings {
  readonly text: string
  readonly onChange: (text: string) => void
  readonly onRun: () => void
}

/** An editor of programs. @param settings `onMistakes` is told those of types; null where nothing knows of any */
export function createEditor(
  parent: HTMLElement,
  settings: Settings & { readonly onMistakes: (mistakes: readonly Mistake[] | null) => void },
): Editor {
  const types = (take: (mistakes: readonly Mistake[] | null) => void): Extension => [
    autocompletion({ override: [completionsOf(language)] }),
    javascript({ typescript: true }),
    syntaxHighlighting(style),
    languageExtension(language, (mistakes) => {
      take(mistakes)
      settings.onMistakes(mistakes)
    }),
  ]
  return createPlainEditor(parent, { ...settings, label: 'Program', extra: types })
}

/** An editor that knows no language. `hint` stands where there is no text. */
export function createPlainEditor(
  parent: HTMLElement,
  {
    text,
    onChange,
    onRun,
    label,
    hint = '',
    extra = () => [],
  }: Settings & {
    readonly label: string
    readonly hint?: string
    /** What belongs to a language. `take` shows what is wrong with the text. */
    readonly extra?: (take: (mistakes: readonly Mistake[] | null) => void) => Extension
  },
): Editor {
  /** Where the program failed when it ran. */
  let failed: Diagnostic[] = []
  /** What is wrong with its types. */
  let mistaken: Diagnostic[] = []
  const runKey = { key: 'Mod-Enter', run: () => (onRun(), true) }
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightActiveLine(),
        drawSelection(),
        history(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        lintGutter(),
        placeholder(hint),
        extra(takeMistakes),
        theme,
        keymap.of([
          runKey,
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...lintKeymap,
          ...historyKeymap,
          indentWithTab,
          ...defaultKeymap,
        ]),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return
          const moved = (one: Diagnostic): Diagnostic => ({
            ...one,
            from: update.changes.mapPos(one.from),
            to: update.changes.mapPos(one.to),
          })
          failed = failed.map(moved)
          mistaken = mistaken.map(moved)
          onChange(update.state.doc.toString())
        }),
      ],
    }),
  })
  const tell = (): void => view.dispatch(setDiagnostics(view.state, [...failed, ...mistaken]))
  function takeMistakes(mistakes: readonly Mistake[] | null): void {
    mistaken = (mistakes ?? []).map((mistake) => ({ ...mistake, severity: 'warning' }))
    tell()
  }
  const lineAt = (line: number) => view.state.doc.line(Math.min(view.state.doc.lines, Math.max(1, line)))
  return {
    get text() {
      return view.state.doc.toString()
    },
    replace: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    mark(line, message) {
      const { from, to } = lineAt(line)
      failed = [{ from, to, severity: 'error', message }]
      tell()
    },
    unmark() {
      failed = []
      tell()
    },
    goTo(line) {
      const { from } = lineAt(line)
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
      view.focus()
    },
    destroy: () => view.destroy(),
  }
}
