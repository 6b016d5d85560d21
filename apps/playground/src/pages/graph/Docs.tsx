import { useSignal } from '@preact/signals'
import { docsOf, type Documented } from '../../plan/docs.ts'

/** The ops of a step, each with what is written to it. */
export function Docs({ label }: { readonly label: string }) {
  return (
    <div class="stack" role="group" aria-label="Documentation">
      {[...new Set(label.split('+'))].map((op) => (
        <Op key={op} name={op} />
      ))}
    </div>
  )
}

function Op({ name }: { readonly name: string }) {
  const found = useSignal<Documented | string | null>(null)
  const open = async (event: Event): Promise<void> => {
    if (!(event.currentTarget as HTMLDetailsElement).open) return
    try {
      found.value =
        (await docsOf(name)) ?? 'An op of plans, made of those that programs call: nothing is written to it.'
    } catch (error) {
      found.value = `The docs could not be loaded: ${(error as Error).message}.`
    }
  }
  const { value: told } = found
  return (
    <details class="docs" onToggle={(event) => void open(event)}>
      <summary>
        <span class="num">{name}</span>
      </summary>
      {typeof told === 'string' ? (
        <p class="muted">{told}</p>
      ) : (
        told && (
          <>
            <pre>{told.signature}</pre>
            <p class="words">{told.words}</p>
          </>
        )
      )}
    </details>
  )
}
