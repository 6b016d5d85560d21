/**
 * Words of the control block, an Int32Array over a SharedArrayBuffer, each on a cache line of its own where threads contend.
 *
 * A job is a task, a descriptor address and a number of chunks. TICKET holds `generation << 12 | next chunk`: a thread takes a chunk by
 * replacing the ticket that it saw with ticket + 1, so a claim proves that TASK, DESCRIPTOR and CHUNKS, read between, belong to that
 * job. While they change the ticket is CLOSED, which no claim can match.
 */
export const Control: { readonly [K in 'ticket' | 'finished' | 'sleepers' | 'task' | 'descriptor' | 'chunks' | 'failed' | 'leave' | 'length']: number } = {
  ticket: 0,
  finished: 16,
  sleepers: 32,
  task: 48,
  descriptor: 49,
  chunks: 50,
  /** Chunks that threw. */
  failed: 51,
  /** Raised so that helpers return to their event loops, where messages reach them. */
  leave: 52,
  length: 64,
}

/** Bits of the ticket that count chunks. */
export const CHUNK_BITS = 12
export const MOST_CHUNKS: number = 2 ** CHUNK_BITS - 1
export const CLOSED = -1
