/** Something that is drawn when it has changed, if it can be seen. */
export interface Painter {
  /** Asks to be drawn in one of the next frames. */
  mark(): void
  /** Sets whether it can be seen. */
  show(visible: boolean): void
  dispose(): void
}

const BUDGET_MS = 6
interface Entry {
  readonly paint: () => void
  readonly isLarge: boolean
  isDirty: boolean
  isVisible: boolean
}
const entries = new Set<Entry>()
let requested = false

function frame(): void {
  requested = false
  const start = performance.now()
  let isFull = false
  for (const entry of entries) {
    if (!entry.isDirty || !entry.isVisible) continue
    if (isFull || performance.now() - start > BUDGET_MS) {
      request()
      return
    }
    isFull = entry.isLarge
    entry.isDirty = false
    // Those that waited come first the next time.
    entries.delete(entry)
    entries.add(entry)
    entry.paint()
  }
}
function request(): void {
  if (requested) return
  requested = true
  requestAnimationFrame(frame)
}

/** One loop draws everything, 6 ms a frame: what does not fit comes in the next. The browser fills the pixels after
 * that, uncounted; so a large picture ends its frame. */
export function createPainter(paint: () => void, { isLarge }: { readonly isLarge: boolean }): Painter {
  const entry: Entry = { paint, isLarge, isDirty: false, isVisible: true }
  entries.add(entry)
  return {
    mark() {
      entry.isDirty = true
      if (entry.isVisible) request()
    },
    show(visible) {
      entry.isVisible = visible
      if (visible && entry.isDirty) request()
    },
    dispose: () => void entries.delete(entry),
  }
}
