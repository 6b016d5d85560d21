import { signal } from '@preact/signals'

/** Whether the page works without a network. */
export const offline = signal<'no' | 'preparing' | 'ready' | 'impossible'>('no')
/** Why threads cannot share memory here; null where they can. */
export const alone = signal<string | null>(null)
/** True where a reload would give all cores. */
export const canIsolate = signal(false)

const FLAG = 'gradloom reloaded'
let touched = false
for (const type of ['pointerdown', 'keydown'])
  addEventListener(type, () => (touched = true), { once: true, capture: true })

/** Loads the page again, under the headers that the service worker adds. At most once a tab by itself. */
export function reload(): void {
  sessionStorage.setItem(FLAG, 'yes')
  location.reload()
}

/** Starts the service worker, which keeps the site for offline use and isolates it where its host does not. */
export async function isolate(): Promise<void> {
  if (!isSecureContext || !('serviceWorker' in navigator)) {
    offline.value = 'impossible'
    if (!crossOriginIsolated) alone.value = 'this browser has no service workers here (a private window, or no https)'
    return
  }
  if (!crossOriginIsolated) alone.value = 'the page is not cross-origin isolated'
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<{ type?: string } | null>) => {
    if (data?.type === 'offline') offline.value = 'ready'
  })
  try {
    await navigator.serviceWorker.register(new URL('./sw.js', document.baseURI), { scope: './' })
    const { active } = await navigator.serviceWorker.ready
    if (!crossOriginIsolated) {
      canIsolate.value = true
      if (!touched && !sessionStorage.getItem(FLAG)) {
        reload()
        return
      }
    }
    offline.value = 'preparing'
    active?.postMessage('keep all')
  } catch (error) {
    offline.value = 'impossible'
    if (!crossOriginIsolated) alone.value = `the service worker could not start: ${(error as Error).message}`
  }
}
