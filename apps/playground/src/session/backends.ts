import type { Backend, Runtime } from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'

type Choose = (options: { readonly threads: number }) => Promise<readonly Backend[]>

const onCpu = (threads: number): Backend => cpu({ threads: threads || 'auto', placement: 'inline' })

/** Where plans can run, in order of preference. Another backend is a line here, and one in the page's list of them. */
export const backends: Readonly<Record<string, Choose>> = {
  cpu: async ({ threads }) => [onCpu(threads)],
  // A browser without it runs on the CPU, as the report of the machine says.
  webgpu: async ({ threads }) =>
    'gpu' in navigator ? [(await import('@gradloom/backend-webgpu')).webgpu(), onCpu(threads)] : [onCpu(threads)],
}

/** Why what was wanted does not compute; null where it does. Of a runtime that is ready. */
export const absence = (wanted: string, { backends: there, unavailable }: Runtime): string | null =>
  there[0].name === wanted ? null : (unavailable[0]?.message ?? 'this browser has no WebGPU')
