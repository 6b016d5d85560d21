import { Button } from '../ui/controls.tsx'
import { capabilities } from './capabilities.ts'
import { offline, reload } from './isolation.ts'
import { areKeysOn, setKeys, type Shortcut } from './keys.ts'

/** The link, to be read where it could not be copied. */
export const Share = () => (
  <>
    <p>It holds every setting of this page. It is copied; here it is to read.</p>
    <input readOnly value={location.href} aria-label="Link" onFocus={(event) => event.currentTarget.select()} />
  </>
)

/** What the keys do. */
export const Help = ({ shortcuts }: { readonly shortcuts: readonly Shortcut[] }) => (
  <>
    <dl class="facts">
      {shortcuts.map(({ keys, does }) => (
        <>
          <dt key={keys}>
            {keys.split(' ').map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </>
      ))}
    </dl>
    <label class="row">
      <input type="checkbox" checked={areKeysOn.value} onChange={(event) => setKeys(event.currentTarget.checked)} />
      Single keys do these
    </label>
    <p class="muted">Everything that you do here stays on this machine.</p>
  </>
)

const OFFLINE = {
  no: 'not yet',
  preparing: 'being prepared',
  ready: 'ready: the page works without a network',
  impossible: 'no: this browser has no service workers here',
}
/** What this machine has. */
export function Device() {
  return (
    <>
      <dl class="facts">
        {capabilities().map(({ name, value, reason, canReload }) => (
          <>
            <dt key={name}>{name}</dt>
            <dd>
              {value}
              {reason && <p class="muted">{reason}</p>}
              {canReload && <Button onClick={reload}>Use all cores (loads the page again)</Button>}
            </dd>
          </>
        ))}
        <dt>Offline</dt>
        <dd>{OFFLINE[offline.value]}</dd>
      </dl>
    </>
  )
}
