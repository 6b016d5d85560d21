import type { ComponentType } from 'preact'
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** A component whose script is loaded with the first of it. It takes `height` until it is there. */
export function onDemand<P extends object>(load: () => Promise<ComponentType<P>>, height = 0): ComponentType<P> {
  const loaded = signal<ComponentType<P> | null>(null)
  return (props) => {
    useEffect(() => {
      void load().then((component) => (loaded.value = component))
    }, [])
    const { value: Loaded } = loaded
    return Loaded ? <Loaded {...props} /> : <div style={{ minHeight: `${height}px` }} />
  }
}
