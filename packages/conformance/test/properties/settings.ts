/** Programs are drawn from a fixed seed, so that a run can be repeated; SEED=... tries others. */
export const seed = Number(process.env['SEED'] ?? 20_261_122)
export const settings = (numRuns: number): { readonly seed: number; readonly numRuns: number; readonly endOnFailure: boolean } => ({ seed, numRuns, endOnFailure: false })
