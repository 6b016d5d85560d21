import ts from 'typescript'
import { OFFERED } from '../offered.ts'
import type { Question, Questions } from './messages.ts'

const PROGRAM = '/program.ts'
/** More are of no use in a list. */
const MOST_PROPOSALS = 300

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  // A program without imports may await at its top, too.
  moduleDetection: ts.ModuleDetectionKind.Force,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  lib: ['lib.es2025.d.ts', 'lib.esnext.disposable.d.ts', 'lib.webworker.d.ts'],
  paths: OFFERED,
}

type Answers = { readonly [Q in Question]: (ask: Questions[Q]['ask']) => Questions[Q]['answer'] }

/** Answers questions about a program. @param files texts of declarations by their places */
export function createService(files: Readonly<Record<string, string>>): Answers {
  let program = ''
  let version = 0
  const read = (place: string): string | undefined => (place === PROGRAM ? program : files[place])
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [PROGRAM],
    getScriptVersion: (place) => (place === PROGRAM ? String(version) : '0'),
    getScriptSnapshot: (place) => {
      const text = read(place)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => '/',
    getDefaultLibFileName: () => '/lib/lib.es2025.d.ts',
    fileExists: (place) => read(place) !== undefined,
    readFile: read,
  })
  /** Takes the text that a question is about. */
  const about = (text: string): void => {
    if (text === program) return
    program = text
    version++
  }
  return {
    check({ text }) {
      about(text)
      const found = [...service.getSyntacticDiagnostics(PROGRAM), ...service.getSemanticDiagnostics(PROGRAM)]
      return found.map(({ start = 0, length = 0, messageText }) => ({
        from: start,
        to: start + length,
        message: ts.flattenDiagnosticMessageText(messageText, '\n'),
      }))
    },
    propose({ text, at }) {
      about(text)
      const begun = /[\w$]*$/.exec(text.slice(0, at))![0].toLowerCase()
      const { entries } = service.getCompletionsAtPosition(PROGRAM, at, {}) ?? { entries: [] }
      return entries
        .filter(({ name }) => name.toLowerCase().startsWith(begun))
        .slice(0, MOST_PROPOSALS)
        .map(({ name, kind }) => ({ label: name, kind }))
    },
    explain({ text, at, label }) {
      about(text)
      const found = service.getCompletionEntryDetails(PROGRAM, at, label, {}, undefined, {}, undefined)
      if (!found) return null
      return { type: ts.displayPartsToString(found.displayParts), words: ts.displayPartsToString(found.documentation) }
    },
    mean({ text, at }) {
      about(text)
      const found = service.getQuickInfoAtPosition(PROGRAM, at)
      if (!found) return null
      const { start, length } = found.textSpan
      return {
        from: start,
        to: start + length,
        type: ts.displayPartsToString(found.displayParts),
        words: ts.displayPartsToString(found.documentation),
      }
    },
  }
}
