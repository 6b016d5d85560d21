/** The control words of a failure: its number, from 1 on, what was refused, and where. */
export const FAULT = { number: 0, value: 1, position: 2 } as const
export const FAULT_WORDS = 4
