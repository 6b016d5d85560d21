/** Collects the words that a kernel reads while it runs. */
export interface TableWriter {
  /** Byte offset of the words in the table. */
  add(words: Int32Array): number
  finish(): Int32Array
}

export function createTables(): TableWriter {
  const parts: Int32Array[] = []
  let size = 0
  return {
    add: (words) => {
      const at = 4 * size
      parts.push(words)
      size += words.length
      return at
    },
    finish: () => {
      const all = new Int32Array(size)
      let at = 0
      for (const part of parts) {
        all.set(part, at)
        at += part.length
      }
      return all
    },
  }
}
