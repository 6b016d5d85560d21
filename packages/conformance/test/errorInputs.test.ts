import { describe, expect, it } from 'vitest'
import { checkError, errorSamples } from '../src/suite/errors.ts'

describe('bad input is refused while the graph is built', () => {
  it.each(errorSamples)('$op: $name', (sample) => {
    expect(checkError(sample)).toBeNull()
  })
})
