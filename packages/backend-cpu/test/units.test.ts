import { expect, test } from 'vitest'
import { sizeOf } from '@gradloom/core'
import { deviceKernels } from '../src/kernels/device-kernels.ts'
import { createModules } from '../src/kernels/modules.ts'
import { createTeam } from '../src/threads/team.ts'

const memory = new WebAssembly.Memory({ initial: 256 })
const modules = createModules(createTeam(1, memory))
type Call = readonly [
  name: string,
  attrs: unknown,
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
]

/** Output words of a call whose work is done in ranges of `grain` units, the last ones first, with garbage in all that
 * is not input. */
function run([name, attrs, inputs, outputs]: Call, grain: number): Int32Array {
  const argument = (shape: readonly number[]) => ({ buffer: 0, shape, dtype: 'float32' as const })
  const kernel = deviceKernels[name](
    { name, attrs: attrs as never, inputs: inputs.map(argument), outputs: outputs.map(argument) },
    modules,
  )
  let end = 64
  const room = (bytes: number): number => {
    const at = end
    end += Math.ceil(bytes / 64) * 64
    return at
  }
  const at = {
    inputs: inputs.map((s) => room(4 * sizeOf(s))),
    outputs: outputs.map((s) => room(4 * sizeOf(s))),
    shared: room(kernel.sharedBytes),
    scratch: room(kernel.scratchBytes),
    tables: room(4 * kernel.tables.length),
  }
  expect(end).toBeLessThan(memory.buffer.byteLength)
  const words = new Int32Array(memory.buffer)
  const reals = new Float32Array(memory.buffer)
  words.fill(0x7fc0_0001)
  inputs.forEach((s, k) => {
    for (let i = 0; i < sizeOf(s); i++) reals[at.inputs[k] / 4 + i] = Math.sin(i * 1.7 + k)
  })
  if (name === 'maxPoolGradient') for (let i = 0; i < sizeOf(inputs[0]); i++) words[at.inputs[0] / 4 + i] = i % 4
  words.set(kernel.tables, at.tables / 4)
  for (const { units, run: work } of kernel.phases) {
    for (let begin = Math.floor((units - 1) / grain) * grain; begin >= 0; begin -= grain) {
      work(at, begin, Math.min(units, begin + grain))
      words.fill(0x7fc0_0001, at.scratch / 4, at.tables / 4)
    }
  }
  return Int32Array.from(
    outputs.flatMap((s, k) => [...words.subarray(at.outputs[k] / 4, at.outputs[k] / 4 + sizeOf(s))]),
  )
}

const around = {
  stride: [1, 1],
  padding: [
    [1, 1],
    [1, 1],
  ],
  dilation: [1, 1],
  inputDilation: [1, 1],
  groups: 1,
}
const windows = {
  kernel: [2, 2],
  stride: [2, 2],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilation: [1, 1],
}
test.each<Call>([
  [
    'convolution',
    around,
    [
      [3, 4, 14, 14],
      [8, 4, 3, 3],
    ],
    [[3, 8, 14, 14]],
  ],
  [
    'convolution',
    around,
    [
      [7, 6, 5, 5],
      [9, 6, 3, 3],
    ],
    [[7, 9, 5, 5]],
  ],
  [
    'convolution',
    around,
    [
      [1, 20, 40, 40],
      [5, 20, 3, 3],
    ],
    [[1, 5, 40, 40]],
  ],
  [
    'convolution',
    { ...around, inputDilation: [2, 2] },
    [
      [3, 4, 6, 6],
      [8, 4, 3, 3],
    ],
    [[3, 8, 11, 11]],
  ],
  [
    'convolution',
    { ...around, groups: 5 },
    [
      [3, 5, 14, 14],
      [5, 1, 3, 3],
    ],
    [[3, 5, 14, 14]],
  ],
  [
    'convolution',
    { ...around, groups: 2 },
    [
      [3, 4, 14, 14],
      [8, 2, 3, 3],
    ],
    [[3, 8, 14, 14]],
  ],
  [
    'convolutionWeightGradient',
    { ...around, kernel: [3, 3] },
    [
      [3, 40, 14, 14],
      [3, 8, 14, 14],
    ],
    [[8, 40, 3, 3]],
  ],
  [
    'convolutionWeightGradient',
    { ...around, kernel: [3, 3], groups: 2 },
    [
      [9, 8, 5, 5],
      [9, 8, 5, 5],
    ],
    [[8, 4, 3, 3]],
  ],
  [
    'convolutionWeightGradient',
    { ...around, kernel: [3, 3], groups: 6 },
    [
      [3, 6, 14, 14],
      [3, 6, 14, 14],
    ],
    [[6, 1, 3, 3]],
  ],
  [
    'maxPool',
    windows,
    [[3, 5, 11, 14]],
    [
      [3, 5, 5, 7],
      [3, 5, 5, 7],
    ],
  ],
  [
    'maxPool',
    {
      ...windows,
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
    [[3, 5, 10, 14]],
    [
      [3, 5, 6, 8],
      [3, 5, 6, 8],
    ],
  ],
  [
    'maxPoolGradient',
    { ...windows, size: [11, 14] },
    [
      [3, 5, 5, 7],
      [3, 5, 5, 7],
    ],
    [[3, 5, 11, 14]],
  ],
  [
    'maxPoolGradient',
    {
      ...windows,
      padding: [
        [1, 1],
        [1, 1],
      ],
      size: [10, 14],
    },
    [
      [3, 5, 6, 8],
      [3, 5, 6, 8],
    ],
    [[3, 5, 10, 14]],
  ],
  [
    'attention',
    { causal: true, scale: null },
    [
      [3, 70, 5],
      [3, 70, 5],
      [3, 70, 6],
    ],
    [
      [3, 70, 6],
      [3, 70, 2],
    ],
  ],
  [
    'attention',
    { causal: false, scale: 2 },
    [
      [70, 5],
      [2, 41, 5],
      [41, 6],
      [70, 1],
    ],
    [
      [2, 70, 6],
      [2, 70, 2],
    ],
  ],
  [
    'attentionGradient',
    { causal: true, scale: null },
    [
      [6, 40, 5],
      [6, 40, 5],
      [6, 40, 4],
      [6, 40, 2],
      [6, 40, 4],
      [6, 40, 1],
    ],
    [
      [6, 40, 5],
      [6, 40, 5],
      [6, 40, 4],
    ],
  ],
  [
    'avgPool',
    {
      ...windows,
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
    [[3, 5, 10, 14]],
    [[3, 5, 6, 8]],
  ],
])('%s gives the same bits however its units are cut', (...call) => {
  const whole = run(call, 1 << 30)
  for (const grain of [1, 2, 5]) expect(run(call, grain)).toEqual(whole)
})
