/** Keeps `item` in `list` until `body` has ended. */
export async function held<I, T>(list: I[], item: I, body: () => T | Promise<T>): Promise<T> {
  list.push(item)
  try {
    return await body()
  } finally {
    list.splice(list.indexOf(item), 1)
  }
}
