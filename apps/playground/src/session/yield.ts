/** Lets messages in and goes on. A timer would be held back in a tab that is not in front; a message is not. */
export function createYield(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  let go: (() => void) | undefined
  port1.onmessage = () => go?.()
  return () =>
    new Promise((resolve) => {
      go = resolve
      port2.postMessage(0)
    })
}
