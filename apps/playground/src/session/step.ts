/** What a run that trains counts. */
export interface Counts {
  /** Steps so far. */
  step: number
  /** Of the steps that the page was not told of yet. */
  losses: number[]
  /** Their time. */
  stepMs: number
  /** The time of all steps. */
  workMs: number
}

/** Takes a step, which gives its loss. @returns the error of a loss that is none */
export async function takeStep(counts: Counts, step: () => Promise<number>): Promise<RangeError | null> {
  const start = performance.now()
  const loss = await step()
  const ms = performance.now() - start
  counts.step++
  counts.losses.push(loss)
  counts.stepMs += ms
  counts.workMs += ms
  return Number.isNaN(loss) ? new RangeError(`the loss became NaN at step ${counts.step}; a lower rate may help`) : null
}
