import type { Signal } from '@preact/signals'
import { language } from './client.ts'
import type { Mistake } from './messages.ts'

/** What the compiler says of the program, or why it says nothing. */
export function LanguageState({ mistakes }: { readonly mistakes: Signal<readonly Mistake[] | null> }) {
  const { value: state } = language.state
  const { value: found } = mistakes
  return (
    <small data-name="types">
      {state === 'off' && 'Types: when you edit.'}
      {state === 'loading' && 'Types: the compiler is on its way …'}
      {state === 'failed' && `No types: ${language.reason.value}.`}
      {state === 'ready' && (found === null ? 'Types: checking …' : wordsOf(found.length))}
    </small>
  )
}
const wordsOf = (count: number): string =>
  count === 0 ? 'Types: no mistakes.' : `Types: ${count} ${count === 1 ? 'mistake' : 'mistakes'}.`
