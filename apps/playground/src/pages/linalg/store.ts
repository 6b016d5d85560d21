import { batch, effect, signal } from '@preact/signals'
import { choice, parseLink, printLink, wholeNumber, type Choice, type Range, type Schema } from '../../shell/link.ts'
import { note, route } from '../../shell/route.ts'
import {
  EXPONENTS,
  LOSSES,
  type FromLinalg,
  type GapRow,
  type LossName,
  type Picture,
  type ToLinalg,
} from '../../linalg/messages.ts'

const MOST_PIXELS = 512

interface LinalgSettings {
  readonly rank: number
  readonly loss: LossName
  /** Which of the gaps is looked at. */
  readonly gap: number
}
export const schema: Schema<LinalgSettings> & {
  readonly rank: Range
  readonly loss: Choice<LossName>
  readonly gap: Range
} = {
  rank: wholeNumber('Rank', 12, [0, MOST_PIXELS]),
  loss: choice<LossName>('The loss reads', 'vector', LOSSES),
  gap: wholeNumber('Gap', 9, [1, EXPONENTS.length]),
}

export const settings = signal<LinalgSettings>(parseLink(schema, new URLSearchParams()).values)
export const repairs = signal<readonly string[]>([])
export const state = signal<'computing' | 'ready' | 'failed'>('computing')
export const failure = signal('')
/** The picture that was decomposed, and its singular values. */
export const whole = signal<{ readonly picture: Picture; readonly s: Float32Array } | null>(null)
/** What is left of it at a rank, and how far from it that is. */
export const ranked = signal<{ readonly rank: number; readonly values: Float32Array; readonly off: number } | null>(
  null,
)
export const rows = signal<readonly GapRow[]>([])

let worker: Worker | null = null
/** A rank that was asked for, and is on its way: others wait for it, and only the last of them is asked for. */
let isAsking = false

function fail(message: string): void {
  isAsking = false
  batch(() => {
    failure.value = message
    state.value = 'failed'
  })
}

function take(message: FromLinalg): void {
  if (message.type === 'failed') return fail(message.message)
  batch(() => {
    if (message.type === 'decomposed') whole.value = message
    else if (message.type === 'gaps') rows.value = message.loss === settings.value.loss ? message.rows : rows.value
    else ranked.value = message
    if (ranked.value && rows.value.length) state.value = 'ready'
  })
  if (message.type !== 'ranked') return
  isAsking = false
  if (message.rank !== settings.value.rank) ask()
}

function post(message: ToLinalg): void {
  if (!worker) {
    worker = new Worker(new URL('../../linalg/linalg.ts', import.meta.url), { type: 'module', name: 'linalg' })
    worker.addEventListener('message', ({ data }: MessageEvent<FromLinalg>) => take(data))
    worker.addEventListener('error', (event) => {
      event.preventDefault()
      worker = null
      fail(event.message || 'the worker has died')
    })
  }
  worker.postMessage(message)
}

function ask(): void {
  if (isAsking) return
  isAsking = true
  post({ type: 'rank', rank: settings.value.rank })
}

/** The gradients of another loss, or of a new worker. */
function askGaps(): void {
  rows.value = []
  post({ type: 'gaps', loss: settings.value.loss })
}

export function change(changes: Partial<LinalgSettings>): void {
  const isOther = changes.loss !== undefined && changes.loss !== settings.value.loss
  settings.value = { ...settings.value, ...changes }
  if (isOther) askGaps()
  if (changes.rank !== undefined) ask()
}

/** Decomposes a picture, or the one that is there to begin with. */
function decompose(picture: Picture | null): void {
  state.value = 'computing'
  isAsking = true
  post({ type: 'picture', picture, rank: settings.value.rank })
}

/** A picture of a file, in grey, as large as it takes to see it. */
export async function read(file: Blob): Promise<void> {
  try {
    const bitmap = await createImageBitmap(file)
    const scale = Math.min(1, 256 / Math.max(bitmap.width, bitmap.height))
    const [width, height] = [bitmap.width, bitmap.height].map((n) => Math.max(1, Math.round(n * scale)))
    const context = new OffscreenCanvas(width, height).getContext('2d')!
    context.drawImage(bitmap, 0, 0, width, height)
    const { data } = context.getImageData(0, 0, width, height)
    const grey = (_: unknown, i: number): number =>
      (0.2126 * data[4 * i] + 0.7152 * data[4 * i + 1] + 0.0722 * data[4 * i + 2]) / 255
    decompose({ width, height, values: Float32Array.from({ length: width * height }, grey) })
  } catch (error) {
    fail(`the picture could not be read: ${(error as Error).message}`)
  }
}

/** Begins again, with the picture that is there to begin with. */
export function restart(): void {
  worker?.terminate()
  worker = null
  decompose(null)
  askGaps()
}

export function open(): () => void {
  const { values, repairs: wrong } = parseLink(schema, route.value.params)
  const isOther = values.loss !== settings.value.loss
  batch(() => {
    settings.value = values
    repairs.value = wrong
  })
  if (!whole.value) restart()
  else {
    if (isOther) askGaps()
    ask()
  }
  return effect(() => note('linalg', printLink(schema, settings.value)))
}
