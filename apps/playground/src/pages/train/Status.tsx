import { computed } from '@preact/signals'
import { bytes, duration, padded, pair, rate, whole } from '../../format.ts'
import { longestTaskMs } from '../../shell/observers.ts'
import { Figure } from '../../ui/controls.tsx'
import * as store from './store.ts'

const steps = computed(() => pair(store.step.value, store.stopAt.value))
const speed = computed(() => padded(rate(store.samplesPerSecond.value, 'samples'), 17))
const stepTime = computed(() => padded(duration(store.stepMs.value), 8))
const held = computed(() => {
  const { value } = store.memory
  return padded(bytes(value && value.arena + value.buffers), 9)
})
const exact = computed(() => {
  const { value } = store.memory
  if (!value) return ''
  const { arena, buffers, reserved } = value
  return `${whole(arena)} B arena + ${whole(buffers)} B variables; ${whole(reserved)} B taken from the system`
})
const left = computed(() => padded(store.phase.value === 'running' ? `≈ ${duration(store.leftMs.value)}` : '–', 14))
const longest = computed(() =>
  padded(longestTaskMs.value === null ? 'not measured' : `${longestTaskMs.value.toFixed(0)}\u2009ms`, 6),
)

/** What goes on, in numbers. */
export function Status() {
  return (
    <section class="status" aria-label="Status">
      <b class="state" data-phase={store.phase.value}>
        {store.phase}
      </b>
      <Figure label="step" value={steps} />
      <Figure label="" value={speed} />
      <Figure label="step time" value={stepTime} />
      <Figure label="memory" value={held} title={exact} />
      <Figure label="left" value={left} />
      <Figure label="longest task" value={longest} />
    </section>
  )
}
