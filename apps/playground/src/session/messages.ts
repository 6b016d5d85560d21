import type { TrainSettings } from './settings.ts'

export type Phase = 'starting' | 'idle' | 'running' | 'paused' | 'finished' | 'failed'

/** What a page asks of the session worker. */
export type ToSession =
  | { readonly type: 'open'; readonly run: number; readonly settings: TrainSettings }
  | { readonly type: 'run' | 'pause' | 'step' | 'save' | 'recover' }
  | { readonly type: 'extend'; readonly steps: number }
  | { readonly type: 'seen'; readonly seq: number }
  | { readonly type: 'draw'; readonly image: Float32Array }
  | { readonly type: 'load'; readonly bytes: Uint8Array<ArrayBuffer> }

export interface Failure {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly stack: string
}

/** Bytes, as the backend reports them. */
export interface Memory {
  readonly arena: number
  readonly buffers: number
  readonly reserved: number
}

/** The first layer's weights or what it makes of the plane, an image a unit. */
export interface Tiles {
  readonly kind: 'weights' | 'plane'
  readonly side: number
  readonly count: number
  /** Units of the layer, of which `count` are shown. */
  readonly units: number
  readonly values: Float32Array<ArrayBuffer>
}

export interface Test {
  readonly step: number
  readonly loss: number
  readonly accuracy: number
  /** Examples that it was measured on. */
  readonly examples: number
}

/** What it tells. Events carry the run that they belong to, so that late ones can be dropped. */
export type FromSession =
  | { readonly type: 'loading'; readonly run: number; readonly done: number; readonly total: number }
  | {
      readonly type: 'opened'
      readonly run: number
      readonly parameters: number
      readonly absent: string | null
      /** Points of the plane and their classes, the test points last. */
      readonly points: Float32Array | null
      readonly classes: Int32Array | null
      readonly testFrom: number
    }
  | { readonly type: 'phase'; readonly run: number; readonly phase: Phase; readonly step: number }
  | {
      readonly type: 'telemetry'
      readonly run: number
      readonly seq: number
      /** The step after the last of these. */
      readonly step: number
      readonly losses: Float32Array
      readonly test: Test | null
      /** Of the steps alone, since the last event. */
      readonly stepMs: number
      /** Of all that happened since the last event, waiting included. */
      readonly wallMs: number
      readonly memory: Memory
    }
  | {
      readonly type: 'pictures'
      readonly run: number
      readonly step: number
      readonly boundary: Float32Array<ArrayBuffer> | null
      readonly tiles: Tiles | null
    }
  | { readonly type: 'prediction'; readonly run: number; readonly step: number; readonly scores: Float32Array }
  | { readonly type: 'saved'; readonly run: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'loaded'; readonly run: number; readonly step: number }
  /** A file of weights that does not fit; the run stays as it is. */
  | { readonly type: 'refused'; readonly run: number; readonly message: string }
  | { readonly type: 'failed'; readonly run: number; readonly step: number; readonly failure: Failure }
