export { webgpu } from '@gradloom/backend-webgpu'
export type { WebgpuKernel, WebgpuOptions, WebgpuShader } from '@gradloom/backend-webgpu'
