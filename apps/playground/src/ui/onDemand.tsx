import type { ComponentType } from 'preact'
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** A component whose script is loaded with the first of it. Until it is there its place is `height` high; where it
 * could not be loaded, it says so. */
export function onDemand<P extends object>(load: () => Promise<ComponentType<P>>, height = 0): ComponentType<P> {
  const loaded = signal<ComponentType<P> | null>(null)
  const failure = signal('')
  return (props) => {
    useEffect(() => {
      load().then(
        (component) => (loaded.value = component),
        (error: Error) => (failure.value = `This part could not be loaded: ${error.message}`),
      )
    }, [])
    const { value: Loaded } = loaded
    return Loaded ? <Loaded {...props} /> : <div style={{ minHeight: `${height}px` }}>{failure}</div>
  }
}
