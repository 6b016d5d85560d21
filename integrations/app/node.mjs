// The same in Node: inline, in a worker, with a worker that is killed, and with one of the program's own.
import { Worker } from 'node:worker_threads'
import { plugged, survive, train } from './main.js'

const started = []
const own = () => {
  started.push(new Worker(new URL('./executor.js', import.meta.url)))
  return started.at(-1)
}
const results = {
  inline: await train({ options: { placement: 'inline' } }),
  worker: await train({ options: { placement: 'worker' } }),
  survived: await survive(() => started.at(-1).terminate(), { worker: own }),
  plugged: await plugged({ worker: own }),
  refused: await plugged({ placement: 'worker' }),
}
console.log(JSON.stringify(results))
