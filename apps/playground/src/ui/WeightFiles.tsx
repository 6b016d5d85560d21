import { useRef } from 'preact/hooks'
import type { Signal } from '@preact/signals'
import { Button, Trouble } from './controls.tsx'

/** Trained variables as a file, and back. */
export function WeightFiles({
  isOpen,
  onSave,
  onLoad,
}: {
  readonly isOpen: boolean
  readonly onSave: () => void
  readonly onLoad: (file: File) => void
}) {
  const file = useRef<HTMLInputElement>(null)
  return (
    <>
      <button class="plain" onClick={onSave} disabled={!isOpen}>
        Save weights
      </button>
      <button class="plain" onClick={() => file.current?.click()} disabled={!isOpen}>
        Load weights
      </button>
      <input
        ref={file}
        type="file"
        accept=".safetensors"
        hidden
        aria-label="File of weights"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? []
          if (chosen) onLoad(chosen)
          event.currentTarget.value = ''
        }}
      />
    </>
  )
}

/** Why a file was not loaded, until that is understood. */
export const Refused = ({ why }: { readonly why: Signal<string | null> }) =>
  why.value && (
    <Trouble kind="warn" actions={<Button onClick={() => (why.value = null)}>Understood</Button>}>
      The weights were not loaded, and all is as it was: {why.value}
    </Trouble>
  )
