import {
  ACTIVE,
  ASLEEP,
  CHUNKS,
  CHUNK_BITS,
  CLOSED,
  DESCRIPTOR,
  FAILED,
  FINISHED,
  LEAVE,
  TASK,
  TICKETS,
  TICKET_WORDS,
  WATCHED,
} from './control.ts'

/** Looks at the ticket before a helper goes to sleep: some tenths of a millisecond, the gap between the steps of a
 * training loop. */
const SPINS = 200_000

/**
 * Source of a helper thread, for a Node worker (`eval`) and a page's (a blob). It answers the messages `{ control,
 * memory, index, threads }` and `{ load, names }`; after `{ serve }` it claims chunks until `leave` is raised. Plain
 * text, because bundlers rename and wrap what a function's own source would say.
 */
export const helperSource: string = `
const port = typeof require === 'function' ? require('node:worker_threads').parentPort : self
let control, memory, index, threads, times
const now = () => performance.timeOrigin + performance.now()
const tasks = []
const takeAll = (range) => {
  const word = ${TICKETS} + ${TICKET_WORDS} * range
  for (;;) {
    const ticket = Atomics.load(control, word)
    if (ticket === ${CLOSED}) return ticket
    const task = control[${TASK}]
    const descriptor = control[${DESCRIPTOR}]
    const chunks = control[${CHUNKS}]
    const chunk = ticket & ${2 ** CHUNK_BITS - 1}
    if (chunk >= Math.ceil((range + 1) * chunks / control[${ACTIVE}])) return ticket
    if (Atomics.compareExchange(control, word, ticket, ticket + 1) !== ticket) continue
    const watched = control[${WATCHED}]
    if (watched && !times[2 * index]) times[2 * index] = now()
    try { tasks[task](descriptor, chunk, index) } catch { Atomics.add(control, ${FAILED}, 1) }
    if (watched) times[2 * index + 1] = now()
    if (Atomics.add(control, ${FINISHED}, 1) + 1 === chunks) Atomics.notify(control, ${FINISHED})
  }
}
const serve = () => {
  const own = ${TICKETS} + ${TICKET_WORDS} * index
  let spins = 0
  let seen = ${CLOSED}
  while (Atomics.load(control, ${LEAVE}) === 0) {
    const ticket = Atomics.load(control, own)
    if (ticket !== ${CLOSED} && ticket !== seen) {
      seen = takeAll(index)
      for (let k = 1; k < threads; k++) takeAll((index + k) % threads)
      spins = 0
    } else if (++spins > ${SPINS}) {
      Atomics.store(control, own + ${ASLEEP}, 1)
      if (Atomics.load(control, ${LEAVE}) === 0) Atomics.wait(control, own, ticket, 1000)
      Atomics.store(control, own + ${ASLEEP}, 0)
      spins = 0
    }
  }
}
const receive = async (message) => {
  try {
    if (message.control) {
      ;({ control, memory, index, threads } = message)
      times = new Float64Array(control.buffer, 4 * (${TICKETS} + ${TICKET_WORDS} * threads))
    } else {
      const instance = await WebAssembly.instantiate(message.load, { env: { memory }, Math })
      for (const name of message.names) tasks.push(instance.exports[name])
    }
    port.postMessage({ ready: true })
  } catch (error) {
    port.postMessage({ failure: String(error) })
  }
}
const onMessage = (message) => {
  if (message.serve) serve(), port.postMessage({ left: true })
  else void receive(message)
}
if (port.on) port.on('message', onMessage)
else port.onmessage = (event) => onMessage(event.data)
`
