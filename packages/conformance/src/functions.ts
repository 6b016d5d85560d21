/** Every function that samples are written with, whichever package has it. */
export * from '@gradloom/core'
export * from '@gradloom/ops'
