import type { Backend } from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'

/** Where plans can run. Another backend is a line here, and one in the page's list of them. */
export const backends: Readonly<Record<string, (options: { readonly threads: number }) => Backend>> = {
  cpu: ({ threads }) => cpu({ threads: threads || 'auto', placement: 'inline' }),
}
