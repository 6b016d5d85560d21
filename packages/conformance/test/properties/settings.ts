/** Programs are drawn from a fixed seed, so that a run can be repeated; SEED=... tries others, PROGRAMS=20000 more of
 * them. */
export const seed = Number(process.env['SEED'] ?? 20_261_122)
const asked = process.env['PROGRAMS']
const programs = Number(asked ?? 2000)
/** `share`: the part of all programs that a property takes. */
export const settings = (
  share: number,
): { readonly seed: number; readonly numRuns: number; readonly endOnFailure: boolean } => ({
  seed,
  numRuns: Math.ceil(programs * share),
  endOnFailure: false,
})
/** As many as are asked for, and else a part of all. */
export const settingsOfAll = (share: number): ReturnType<typeof settings> => settings(asked === undefined ? share : 1)
/** Milliseconds for a property over all programs, on a machine that does other work too. */
export const timeoutMs: number = 60_000 + 100 * programs
