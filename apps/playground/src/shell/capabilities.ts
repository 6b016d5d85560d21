import { alone, canIsolate } from './isolation.ts'

export interface Fact {
  readonly name: string
  readonly value: string
  /** Why it is less than it could be. */
  readonly reason?: string
  readonly canReload?: boolean
}

/** What this machine and browser can do, in words. */
export function capabilities(): readonly Fact[] {
  const threads = navigator.hardwareConcurrency
  const cpu: Fact = alone.value
    ? {
        name: 'CPU',
        value: '1 thread',
        reason: `More need a shared memory: ${alone.value}.`,
        canReload: canIsolate.value,
      }
    : { name: 'CPU', value: `${threads} ${threads === 1 ? 'thread' : 'threads'}` }
  const gpu: Fact = {
    name: 'WebGPU',
    ...('gpu' in navigator
      ? {
          value: 'offered',
          reason: 'Train, Write, Memory, Graph, Op and Bench can use it where there is an adapter.',
        }
      : { value: 'not offered', reason: 'This browser has no WebGPU; plans run on the CPU.' }),
  }
  return [cpu, gpu]
}
