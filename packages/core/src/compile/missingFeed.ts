import { FeedError } from '../errors.ts'
import { describe } from '../graph/meta.ts'
import type { PlaceholderAttrs } from '../ops/leaf.ts'

/** @throws FeedError naming a placeholder that has no feed */
export function missingFeed(placeholder: PlaceholderAttrs): never {
  throw new FeedError(`${placeholder.name}: a feed is missing, ${describe(placeholder)} expected; feed it`)
}
