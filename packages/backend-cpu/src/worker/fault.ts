import {
  BackendError,
  DeviceLostError,
  DisposedError,
  DTypeError,
  FeedError,
  FormatError,
  GradError,
  IndexError,
  KernelError,
  NameError,
  OutOfMemoryError,
  SettingError,
  ShapeError,
} from '@gradloom/core'

/** An error as plain data. Comlink keeps only name, message and stack of what is thrown: faults cross as values
 * instead. */
export interface Fault {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  readonly cause?: Fault
}

type ErrorClass = new (message: string, options?: ErrorOptions) => Error
const classes: Readonly<Record<string, ErrorClass>> = {
  BackendError,
  DeviceLostError,
  DisposedError,
  DTypeError,
  FeedError,
  FormatError,
  GradError,
  IndexError,
  KernelError,
  NameError,
  OutOfMemoryError,
  SettingError,
  ShapeError,
  RangeError,
  TypeError,
  SyntaxError,
  ReferenceError,
}

export function toFault(error: unknown): Fault {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack, cause } = error
  const { code } = error as { readonly code?: unknown }
  return {
    name,
    message,
    stack,
    ...(typeof code === 'string' && { code }),
    ...(cause !== undefined && { cause: toFault(cause) }),
  }
}

/** The error that a fault was, of the same class where it is one of core's or the language's. */
export function fromFault({ name, message, stack, code, cause }: Fault): Error {
  const options = cause && { cause: fromFault(cause) }
  const error = Object.hasOwn(classes, name)
    ? new classes[name](message, options)
    : Object.assign(new Error(message, options), { name })
  if (code !== undefined && !('code' in error)) Object.assign(error, { code })
  if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
  return error
}
