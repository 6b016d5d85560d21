/** Programs are drawn from a fixed seed, so that a run can be repeated; SEED=... tries others, PROGRAMS=20000 more of
 * them. */
export const seed = Number(process.env['SEED'] ?? 20_261_122)
const programs = Number(process.env['PROGRAMS'] ?? 2000)
/** `share`: the part of all programs that a property takes. */
export const settings = (
  share: number,
): { readonly seed: number; readonly numRuns: number; readonly endOnFailure: boolean } => ({
  seed,
  numRuns: Math.ceil(programs * share),
  endOnFailure: false,
})
/** Milliseconds for a property over all programs, on a machine that does other work too. */
export const timeoutMs: number = 60_000 + 100 * programs
