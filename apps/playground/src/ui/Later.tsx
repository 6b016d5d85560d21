import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useSignal } from '@preact/signals'

/** Parts of a page that come some frames after it, so that no task lays out all of it. */
export function Later({ frames, children }: { readonly frames: number; readonly children: ComponentChildren }) {
  const left = useSignal(frames)
  useEffect(() => {
    // After a frame, not within it: to make a part and to lay it out are two tasks.
    if (left.value > 0) requestAnimationFrame(() => setTimeout(() => left.value--))
  }, [left.value])
  return left.value > 0 ? null : <>{children}</>
}
