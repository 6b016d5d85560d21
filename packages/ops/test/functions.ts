/** Every array function, whichever of the two packages has it. */
export * from '@gradloom/core'
export * from '../src/index.ts'
