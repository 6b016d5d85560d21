/**
 * Words of the control block, an Int32Array over a SharedArrayBuffer, each on a cache line of its own where threads
 * contend.
 *
 * A job is a task, a descriptor address and a number of chunks. Every active thread has a range of them, the same of
 * equal jobs, so that it finds in its cache what it wrote before; who is done with its own takes from the others'.
 * TICKETS, one a range, hold `generation << 12 | next chunk`: a thread takes a chunk by replacing the ticket that it
 * saw with ticket + 1, so a claim proves that TASK, DESCRIPTOR, CHUNKS and ACTIVE, read between, belong to that job.
 * While they change all tickets are CLOSED, which no claim can match.
 */
export const FINISHED = 0
export const TASK = 16
export const DESCRIPTOR = 17
export const CHUNKS = 18
/** Threads that have a range of this job. */
export const ACTIVE = 19
/** Chunks that threw. */
export const FAILED = 20
/** Raised so that helpers return to their event loops, where messages reach them. */
export const LEAVE = 21
/** Raised so that helpers note when they work: their first and last moment of a job, in milliseconds since 1970, as two
 * float64 each behind the tickets. */
export const WATCHED = 22
export const TICKETS = 32
/** The word after a range's ticket says whether its thread sleeps. */
export const ASLEEP = 1

/** Words from one ticket to the next: a cache line. */
export const TICKET_WORDS = 16
/** Bits of a ticket that count chunks. */
export const CHUNK_BITS = 12
export const MOST_CHUNKS: number = 2 ** CHUNK_BITS - 1
export const CLOSED = -1
