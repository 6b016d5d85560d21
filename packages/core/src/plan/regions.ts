/** Bytes of an arena that a buffer takes. */
export interface Region {
  readonly buffer: number
  readonly start: number
  readonly stop: number
}

/** Regions of which none overlap, in the order of their places. */
export interface Regions {
  /** Adds a region, or gives one that overlaps it. */
  add(region: Region): Region | null
  remove(region: Region): void
}

export function createRegions(): Regions {
  const list: Region[] = []
  /** The position of the first that ends after `start`. */
  const find = (start: number): number => {
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (list[middle].stop > start) high = middle
      else low = middle + 1
    }
    return low
  }
  return {
    add(region) {
      if (region.start === region.stop) return null
      const at = find(region.start)
      const next = list[at] as Region | undefined
      if (next && next.start < region.stop) return next
      list.splice(at, 0, region)
      return null
    },
    remove(region) {
      const at = find(region.start)
      if (list[at] === region) list.splice(at, 1)
    },
  }
}
