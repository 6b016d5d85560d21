import { useRef } from 'preact/hooks'

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
