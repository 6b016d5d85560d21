import { create } from 'webgpu'

/** SwiftShader's Vulkan, a GPU in software, which Chromium brings. */
export const gpu = (): GPU => create([])
