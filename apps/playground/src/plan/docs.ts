export interface Documented {
  readonly signature: string
  readonly words: string
}

/** Ops of plans that go by another name in programs. */
const CALLED: Readonly<Record<string, string>> = { convolution: 'conv2d', maxPool: 'maxPool2d', avgPool: 'avgPool2d' }

let docs: Promise<Readonly<Record<string, Documented>>> | undefined
async function load(): Promise<Readonly<Record<string, Documented>>> {
  const response = await fetch(new URL('../generated/docs.json', import.meta.url))
  if (!response.ok) throw new Error(`status ${response.status}`)
  return (await response.json()) as Record<string, Documented>
}

/** What is written to an op, or to the one whose gradient it is; undefined for one that programs do not call. */
export async function docsOf(op: string): Promise<Documented | undefined> {
  docs ??= load()
  // What failed is tried again the next time.
  const all = await docs.catch((error: unknown) => {
    docs = undefined
    throw error
  })
  const name = op.replace(/(Weight)?Gradient$/, '')
  return all[CALLED[name] ?? name]
}
