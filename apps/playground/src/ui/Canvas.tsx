import { useEffect, useRef } from 'preact/hooks'
import type { ReadonlySignal } from '@preact/signals'
import { palette } from '../shell/scheme.ts'
import { createPainter } from './frame.ts'

/** Pixels from which on a picture is large. */
const LARGE = 100_000

interface CanvasProps {
  /** In the canvas's own pixels, whatever size it is shown at. */
  readonly width: number
  readonly height: number
  readonly label: string
  readonly version: ReadonlySignal<unknown>
  readonly paint: (context: CanvasRenderingContext2D) => void
  readonly class?: string
}

/** A picture that is drawn anew when `version` or the colours change, while it can be seen. */
export function Canvas({ width, height, label, version, paint, class: kind = '' }: CanvasProps) {
  const place = useRef<HTMLCanvasElement>(null)
  const latest = useRef(paint)
  latest.current = paint
  useEffect(() => {
    const canvas = place.current!
    const context = canvas.getContext('2d')!
    const painter = createPainter(() => latest.current(context), { isLarge: width * height > LARGE })
    const seen = new IntersectionObserver(([entry]) => painter.show(entry.isIntersecting))
    seen.observe(canvas)
    const stops = [version.subscribe(() => painter.mark()), palette.subscribe(() => painter.mark())]
    return () => {
      for (const stop of stops) stop()
      seen.disconnect()
      painter.dispose()
    }
  }, [version, width, height])
  return <canvas ref={place} class={kind} width={width} height={height} role="img" aria-label={label} />
}
