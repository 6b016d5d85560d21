export { decodedOnce } from './decoded-once.ts'
export { expectRefused, program, type Run, temporaryFolder } from './program.ts'
