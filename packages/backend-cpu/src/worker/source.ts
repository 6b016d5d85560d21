/** What the default worker runs: this module's URL while developing. The build puts the text of a whole script here, so
 * that nothing need be found at run time, whatever bundled the package. */
export const workerSource = (): URL | string => new URL('./entry.ts', import.meta.url)
