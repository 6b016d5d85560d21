import { useEffect, useRef } from 'preact/hooks'
import type { ComponentType } from 'preact'
import { computed, signal } from '@preact/signals'
import { Icon } from '../ui/icons.tsx'
import { Button, Trouble } from '../ui/controls.tsx'
import { onDemand } from '../ui/onDemand.tsx'
import { announced, announce } from './announce.ts'
import { capabilities } from './capabilities.ts'
import { alone } from './isolation.ts'
import { listen, pageShortcuts, type Shortcut } from './keys.ts'
import { pages, type PageEntry } from './pages.ts'
import { addressOf, go, route } from './route.ts'
import { nextScheme, scheme, setScheme } from './scheme.ts'

const dialog = signal<'help' | 'device' | 'share' | null>(null)
/** The component of the page in front, once it is loaded, or why it could not be. */
const loaded = signal<{ readonly key: string; readonly Page: ComponentType } | null>(null)
const loadFailure = signal<string | null>(null)
const known = computed(() => pages.find(({ key }) => key === route.value.page) ?? null)

async function load({ key, load: fetchPage }: PageEntry): Promise<void> {
  loadFailure.value = null
  try {
    const { default: Page } = await fetchPage()
    // The page is drawn in a task of its own, after the one that evaluated its script.
    await new Promise((resolve) => setTimeout(resolve))
    if (route.value.page === key) loaded.value = { key, Page }
  } catch (error) {
    if (route.value.page === key) loadFailure.value = (error as Error).message
  }
}

const shellShortcuts: readonly Shortcut[] = [
  { keys: '?', does: 'shows this', run: () => (dialog.value = 'help') },
  ...pages.map(({ letter, key, name }) => ({ keys: `g ${letter}`, does: `goes to ${name}`, run: () => go(key) })),
]
const allShortcuts = (): readonly Shortcut[] => [...shellShortcuts, ...pageShortcuts.value]

export function Shell() {
  const main = useRef<HTMLElement>(null)
  useEffect(() => listen(allShortcuts), [])
  useEffect(() => {
    if (known.value) void load(known.value)
  }, [known.value])
  const isCurrent = loaded.value?.key === route.value.page
  const Page = isCurrent ? loaded.value?.Page : undefined
  return (
    <>
      <a class="hidden" href="#main" onClick={(event) => skip(event, main.current)}>
        Skip to the page
      </a>
      <header class="top">
        <h1>Gradloom</h1>
        <nav aria-label="Pages">
          <PageLinks />
        </nav>
        <DeviceChip />
        <button
          onClick={() => setScheme(nextScheme())}
          aria-label={`Colours: ${scheme.value}. Change`}
          title={`Colours: ${scheme.value}`}
        >
          <Icon name={scheme.value} />
        </button>
        <button onClick={() => void share()} aria-label="Copy the link to this page" title="Copy the link to this page">
          <Icon name="share" />
        </button>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {known.value === null ? <NoPage /> : loadFailure.value ? <NotLoaded page={known.value} /> : Page && <Page />}
      </main>
      <nav class="bottom" aria-label="Pages, below">
        <PageLinks />
      </nav>
      <div class="hidden" role="status" aria-live="polite">
        {announced}
      </div>
      <Dialogs />
    </>
  )
}

function skip(event: Event, main: HTMLElement | null): void {
  event.preventDefault()
  main?.focus()
}

function PageLinks() {
  return (
    <>
      {pages.map(({ key, name, icon }) => (
        <a key={key} href={addressOf(key)} title={name} aria-current={route.value.page === key ? 'page' : undefined}>
          <Icon name={icon} /> <span>{name}</span>
        </a>
      ))}
    </>
  )
}

function DeviceChip() {
  const [cpu] = capabilities()
  return (
    <button onClick={() => (dialog.value = 'device')} aria-label={`This machine: CPU, ${cpu.value}. Report`}>
      <Icon name={alone.value ? 'warn' : 'cpu'} />
      <span class="num">{cpu.value}</span>
    </button>
  )
}

const NoPage = () => (
  <Trouble kind="warn" actions={<Button onClick={() => go('train')}>Go to Train</Button>}>
    There is no page ‘{route.value.page}’ here.
  </Trouble>
)

const NotLoaded = ({ page }: { readonly page: PageEntry }) => (
  <Trouble actions={<Button onClick={() => void load(page)}>Try again</Button>}>
    {page.name} could not be loaded: {loadFailure}. It needs the network the first time, or a newer version is there.
  </Trouble>
)

async function share(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href)
    announce('The link is copied.')
  } catch {
    // A browser may forbid it: then the link is shown to be copied by hand.
  }
  dialog.value = 'share'
}

const Share = onDemand(async () => (await import('./dialogs.tsx')).Share)
const Help = onDemand(async () => (await import('./dialogs.tsx')).Help)
const Device = onDemand(async () => (await import('./dialogs.tsx')).Device)

function Dialogs() {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (dialog.value) element.current?.showModal()
    else element.current?.close()
  }, [dialog.value])
  const close = (): void => {
    dialog.value = null
  }
  const title = { help: 'Keys', device: 'This machine', share: 'The link to this page' }
  return (
    <dialog ref={element} onClose={close} aria-label={dialog.value ? title[dialog.value] : 'closed'}>
      {dialog.value && (
        <div class="stack">
          <div class="row spread">
            <h2>{title[dialog.value]}</h2>
            <button class="square" onClick={close} aria-label="Close">
              <Icon name="close" />
            </button>
          </div>
          {dialog.value === 'help' ? (
            <Help shortcuts={allShortcuts()} />
          ) : dialog.value === 'device' ? (
            <Device />
          ) : (
            <Share />
          )}
        </div>
      )}
    </dialog>
  )
}
