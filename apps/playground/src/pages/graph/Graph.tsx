import { useEffect, useRef } from 'preact/hooks'
import { bytes, whole } from '../../format.ts'
import { saveText } from '../../chart/save.ts'
import { go, route } from '../../shell/route.ts'
import { pageShortcuts } from '../../shell/keys.ts'
import { Button, Repairs, Segments, Select, Trouble } from '../../ui/controls.tsx'
import { Detail } from './Detail.tsx'
import { Picture } from './Picture.tsx'
import * as store from './store.ts'
import './graph.css'

export default function Graph() {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => store.openPage(), [route.value])
  useEffect(() => {
    pageShortcuts.value = [{ keys: '/', does: 'searches', run: () => field.current?.focus() }]
    return () => {
      pageShortcuts.value = []
    }
  }, [])
  const { value: settings } = store.settings
  const { value: graph } = store.graph
  const { boxes } = store.drawing.value
  return (
    <div class="stack">
      <h2 class="hidden">Graph</h2>
      <Repairs list={store.repairs} />
      <div class="row bar-of-controls graph-bar">
        <Select field={store.schema.model} value={settings.model} onChange={(model) => store.change({ model })} />
        {settings.model !== 'code' && (
          <>
            <Segments field={store.schema.pass} value={settings.pass} onChange={(pass) => store.change({ pass })} />
            <Select
              field={store.schema.backend}
              value={settings.backend}
              onChange={(backend) => store.change({ backend })}
            />
          </>
        )}
        <label class="field">
          <span>Search</span>
          <input
            ref={field}
            type="search"
            value={store.search.value}
            onInput={(event) => (store.search.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Enter' && first()}
          />
        </label>
        <span class="num" data-name="matches">
          {store.matches.value && `${store.matches.value.size} of ${store.drawing.value.boxes.length}`}
        </span>
        <Button onClick={() => graph && saveText('plan.txt', graph.text, 'text/plain')} disabled={!graph}>
          As text
        </Button>
        <small>
          {graph && `${whole(graph.steps)} steps, arena ${bytes(graph.arenaBytes)}, ${boxes.length} boxes shown`}
        </small>
      </div>
      {store.absent.value && (
        <Trouble kind="info" actions={<Button onClick={() => store.change({ backend: 'cpu' })}>Choose the CPU</Button>}>
          This is the plan of the CPU: {store.absent}
        </Trouble>
      )}
      <div class="graph">
        <State />
        <Detail />
      </div>
    </div>
  )
}

function first(): void {
  const [key] = store.matches.value ?? []
  if (key) store.select(key)
}

function State() {
  const { value: state } = store.state
  if (state === 'failed')
    return (
      <Trouble actions={<Button onClick={() => store.change({})}>Try again</Button>}>
        The plan could not be drawn: {store.failure}
      </Trouble>
    )
  if (state === 'empty')
    return (
      <Trouble kind="info" actions={<Button onClick={() => go('code')}>Go to Code</Button>}>
        No program has run yet: run one on Code, and its largest plan comes here.
      </Trouble>
    )
  if (state === 'many')
    return (
      <Trouble kind="warn" actions={<Button onClick={() => store.change({})}>Close all scopes</Button>}>
        Over {store.MOST_BOXES} boxes are open, too many to be read. Close some, or take the plan as text.
      </Trouble>
    )
  if (state === 'unplaced')
    return (
      <Trouble kind="info" actions={<Button onClick={store.place}>Place them</Button>}>
        The boxes were not placed.
      </Trouble>
    )
  if (state === 'compiling') return <div class="card canvas">Compiling the plan …</div>
  if (Object.keys(store.placed.value).length === 0)
    return (
      <div class="card canvas">
        Placing {store.drawing.value.boxes.length} boxes … <Button onClick={store.cancel}>Cancel</Button>
      </div>
    )
  return <Picture />
}
