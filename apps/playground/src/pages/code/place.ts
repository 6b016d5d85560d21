/** What programs are called in stacks. */
export const PROGRAM = 'program.ts'

// Chromium writes program.ts:3:9, Firefox program.ts line 1 > AsyncFunction:3:9 or the like.
const FRAME = /program\.ts(?: line \d+ > \w+)?:(\d+):(\d+)/

/** The line of a program that a stack names first, as the engine counts; null where it names none. */
export function frameOf(stack: string): number | null {
  const found = FRAME.exec(stack)
  return found ? Number(found[1]) : null
}

/** The line that a message of the translator ends with: "… (3:10)". */
export function messageLine(message: string): number | null {
  const found = /\((\d+):\d+\)\s*$/.exec(message)
  return found ? Number(found[1]) : null
}
