/** Errors are told apart by `name` and `code`, which survive a worker boundary; `instanceof` works within one realm. */

/** Shapes, axes or sizes that an op cannot accept. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
  readonly code = 'SHAPE'
}
/** A dtype that an op or a conversion cannot accept. */
export class DTypeError extends Error {
  override readonly name = 'DTypeError'
  readonly code = 'DTYPE'
}
/** A derivative that does not exist: unreachable variables, integer inputs, ops without a rule. */
export class GradError extends Error {
  override readonly name = 'GradError'
  readonly code = 'GRAD'
}
/** A feed that is missing, unknown, or of the wrong shape or dtype. */
export class FeedError extends Error {
  override readonly name = 'FeedError'
  readonly code = 'FEED'
}
/** An index (label, gather position) outside its axis, found while running. */
export class IndexError extends Error {
  override readonly name = 'IndexError'
  readonly code = 'INDEX'
}
/** No backend of the runtime can run an op, or a kernel failed. */
export class KernelError extends Error {
  override readonly name = 'KernelError'
  readonly code = 'KERNEL'
}
/** A backend that cannot start, died, or was closed. */
export class BackendError extends Error {
  override readonly name = 'BackendError'
  readonly code = 'BACKEND'
}
/** A device that went away; variables recover from their host copy. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError'
  readonly code = 'DEVICE_LOST'
}
/** More memory than there is; the message lists the bytes asked for and the largest buffers. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError'
  readonly code = 'OUT_OF_MEMORY'
}
/** A name that is unknown, or already taken with another meaning. */
export class NameError extends Error {
  override readonly name = 'NameError'
  readonly code = 'NAME'
}
/** A setting that is of a wrong type or out of its range. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
  readonly code = 'SETTING'
}
/** What an array holds that a NaN or an infinity was made of. */
export interface Extent {
  readonly dtype: string
  readonly shape: readonly number[]
  /** Of the elements that are not NaN; NaN where there are none. */
  readonly min: number
  readonly max: number
  readonly nans: number
}
/** The first NaN or infinity of a run, and what made it. */
export interface Blame {
  readonly op: string
  /** Of a placeholder or variable that was given as NaN; else empty. */
  readonly leaf: string
  readonly scope: string
  readonly pass: string
  /** Of the op's result: its first element that is no number, where that is, and how many there are. */
  readonly value: number
  readonly index: readonly number[]
  readonly count: number
  readonly result: Extent
  readonly inputs: readonly Extent[]
}
/** A NaN or an infinity where `debugNaN` asks for numbers. */
export class NaNError extends Error {
  override readonly name = 'NaNError'
  readonly code = 'NAN'
  /** Absent where no op made it. */
  readonly blame?: Blame | undefined
  constructor(message: string, blame?: Blame) {
    super(message)
    Object.defineProperty(this, 'blame', { value: blame })
  }
}
/** A value that was disposed. */
export class DisposedError extends Error {
  override readonly name = 'DisposedError'
  readonly code = 'DISPOSED'
}
/** A file or message that does not have the format it claims. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly code = 'FORMAT'
}
