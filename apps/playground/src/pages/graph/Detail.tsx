import { bytes, count } from '../../format.ts'
import type { Box } from '../../plan/groups.ts'
import type { PlanNode } from '../../plan/graph.ts'
import { Button } from '../../ui/controls.tsx'
import { Docs } from './Docs.tsx'
import * as store from './store.ts'

const MOST = 12
const work = (flops: number | null): string => (flops === null ? '– (the kernel does not tell)' : count(flops, 'FLOP'))

/** The box that is chosen: what it computes, who reads it, what it keeps. */
export function Detail() {
  const box = store.drawing.value.boxes.find(({ key }) => key === store.selected.value)
  return (
    <section class="card stack" aria-label="Selection">
      <h2>{box ? box.name : 'Selection'}</h2>
      {box ? box.steps.length > 1 ? <Group box={box} /> : <Step node={box.steps[0]} box={box} /> : <Legend />}
    </section>
  )
}

const Legend = () => (
  <p class="muted">
    Choose a box. Forward steps are what the results depend on; backward ones compute gradients; update ones write
    variables. Lines between the columns are values that are kept for the backward pass. A double click, or Enter, opens
    a scope; Backspace closes it.
  </p>
)

function Group({ box }: { readonly box: Box }) {
  return (
    <>
      <dl class="facts">
        <dt>Scope</dt>
        <dd class="num">{box.scope}</dd>
        <dt>Side</dt>
        <dd>{box.side}</dd>
        <dt>Steps</dt>
        <dd class="num">{box.steps.length}</dd>
        <dt>Results</dt>
        <dd class="num">{bytes(box.byteLength)}</dd>
        <dt>Work</dt>
        <dd class="num">{count(box.flops, 'FLOP')}</dd>
      </dl>
      <div class="row">
        <Button onClick={() => store.toggle(box)}>Open</Button>
        {box.scope.includes('/') && <Button onClick={() => store.close(box)}>Close its scope</Button>}
      </div>
      <ul class="steps">
        {box.steps.slice(0, MOST).map(({ id, label }) => (
          <li key={id} class="num">
            {id} {label}
          </li>
        ))}
      </ul>
      {box.steps.length > MOST && <small>{box.steps.length - MOST} more.</small>}
    </>
  )
}

function Step({ node, box }: { readonly node: PlanNode; readonly box: Box }) {
  return (
    <>
      <dl class="facts">
        <dt>Step</dt>
        <dd class="num">{node.type === 'feed' ? 'feed' : node.id}</dd>
        <dt>Scope</dt>
        <dd class="num">{node.scope || '–'}</dd>
        <dt>Kind</dt>
        <dd>
          {node.type}, {node.part}
        </dd>
        <dt>Over</dt>
        <dd class="num wrap">{node.space}</dd>
        <dt>Results</dt>
        <dd class="num wrap">{bytes(node.byteLength)}</dd>
        <dt>Work</dt>
        <dd class="num">{work(node.flops)}</dd>
        <dt>Apart</dt>
        <dd>{node.apart || '–'}</dd>
        <dt>Variables</dt>
        <dd class="num wrap">{node.variables.join(', ') || 'none'}</dd>
        <dt>Sets</dt>
        <dd class="num wrap">{node.updates.join(', ') || 'none'}</dd>
        <dt>Reads</dt>
        <dd class="num wrap">{node.reads.join(', ') || 'none'}</dd>
        <dt>Readers</dt>
        <dd class="num wrap">{node.readers.join(', ') || 'none'}</dd>
      </dl>
      {node.type !== 'feed' && <Docs label={node.label} />}
      {box.scope && <Button onClick={() => store.close(box)}>Close its scope</Button>}
    </>
  )
}
