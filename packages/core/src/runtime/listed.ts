/** The names of what there is, for messages. */
export const listed = (things: ReadonlyMap<string, unknown>): string => [...things.keys()].join(', ') || 'none'
