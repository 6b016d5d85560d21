import type { Failure, Memory, Phase } from '../session/messages.ts'

export interface WriteSettings {
  /** See `backends`. */
  readonly backend: string
  readonly blocks: number
  readonly heads: number
  readonly width: number
  readonly context: number
  readonly batch: number
  readonly rate: number
  readonly stop: number
  readonly temperature: number
  readonly seed: number
}

export type ToWriter =
  | { readonly type: 'open'; readonly run: number; readonly settings: WriteSettings; readonly sentence: string }
  | { readonly type: 'run' | 'pause' | 'step' | 'write' | 'hush' | 'save' }
  | { readonly type: 'load'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'extend'; readonly steps: number }
  | { readonly type: 'seen'; readonly seq: number }
  | { readonly type: 'sentence'; readonly text: string }
  | { readonly type: 'temperature'; readonly value: number }

/** A character that was written, and what else was likely. */
export interface Choice {
  readonly letter: string
  readonly likely: readonly { readonly letter: string; readonly share: number }[]
}

export interface Attention {
  readonly step: number
  /** The characters that were looked at. */
  readonly letters: string
  readonly blocks: number
  readonly heads: number
  /** [blocks, heads, letters, letters]: how much a row's character looks at a column's. */
  readonly weights: Float32Array<ArrayBuffer>
}

export type FromWriter =
  | { readonly type: 'opened'; readonly run: number; readonly parameters: number; readonly absent: string | null }
  | { readonly type: 'phase'; readonly run: number; readonly phase: Phase; readonly step: number }
  | {
      readonly type: 'telemetry'
      readonly run: number
      readonly seq: number
      readonly step: number
      readonly losses: Float32Array<ArrayBuffer>
      readonly test: { readonly step: number; readonly loss: number } | null
      readonly stepMs: number
      readonly wallMs: number
      readonly memory: Memory
    }
  | { readonly type: 'sample'; readonly run: number; readonly step: number; readonly prompt: string }
  | { readonly type: 'letters'; readonly run: number; readonly choices: readonly Choice[] }
  | { readonly type: 'attention'; readonly run: number; readonly attention: Attention }
  | { readonly type: 'saved'; readonly run: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'loaded'; readonly run: number }
  /** A file of weights that does not fit; the run stays as it is. */
  | { readonly type: 'refused'; readonly run: number; readonly message: string }
  | { readonly type: 'failed'; readonly run: number; readonly step: number; readonly failure: Failure }
