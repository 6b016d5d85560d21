export { webgpu } from '@gradloom/backend-webgpu'
export type { WebgpuOptions } from '@gradloom/backend-webgpu'
