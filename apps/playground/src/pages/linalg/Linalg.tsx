import { useEffect } from 'preact/hooks'
import { route } from '../../shell/route.ts'
import { Button, Trouble } from '../../ui/controls.tsx'
import { Gaps } from './Gaps.tsx'
import { Ranks } from './Ranks.tsx'
import * as store from './store.ts'
import './linalg.css'

export default function Linalg() {
  useEffect(() => store.open(), [route.value])
  return (
    <div class="stack">
      <h2 class="hidden">Linalg</h2>
      {store.repairs.value.length > 0 && (
        <Trouble kind="warn" actions={<Button onClick={() => (store.repairs.value = [])}>Understood</Button>}>
          The link was put right. {store.repairs.value.join(' ')}
        </Trouble>
      )}
      {store.state.value === 'failed' && (
        <Trouble actions={<Button onClick={store.restart}>Begin again</Button>}>{store.failure}</Trouble>
      )}
      <div class="linalg">
        <Ranks />
        <Gaps />
      </div>
    </div>
  )
}
