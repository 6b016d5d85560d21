import { expect, it } from 'vitest'
import { createPipelines } from '../src/device/pipelines.ts'
import type { Dispatch } from '../src/run/dispatch.ts'

it('pipelines: the last ones are shared, those that were not asked for longest are let go of', async () => {
  const compiled: string[] = []
  const device = {
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: ({ code }: { readonly code: string }) => compiled.push(code),
    createComputePipelineAsync: async () => ({}),
  }
  const pipelines = createPipelines(device as unknown as GPUDevice)
  const dispatch = (i: number): Dispatch => ({
    label: 'test',
    code: `${i}`,
    bindings: [],
    bases: [],
    control: 'none',
    workgroups: 1,
    drafts: [],
  })
  const many = Array.from({ length: 3000 }, (_, i) => dispatch(i + 1))
  for (const one of many) await pipelines.compile([one, dispatch(0)])
  expect(compiled.length).toBe(3001)
  await pipelines.compile([many[2999], dispatch(0)])
  expect(compiled.length).toBe(3001)
  await pipelines.compile([many[0]])
  expect(compiled.length).toBe(3002)
})
