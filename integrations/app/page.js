import { plugged, survive, train } from './main.js'

const ownWorker = () => new Worker(new URL('./executor.js', import.meta.url), { type: 'module' })

globalThis.app = {
  train,
  survive,
  plugged: (own, threads = 'auto') => plugged({ threads, ...(own && { worker: ownWorker }) }),
}
