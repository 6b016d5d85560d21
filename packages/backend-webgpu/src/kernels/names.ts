/** Ops with a kernel in this backend. Stated apart, because capabilities are asked for before the kernels are loaded.
 * */
export const kernelNames: readonly string[] = [
  'take',
  'takeAlongAxis',
  'scatterAdd',
  'scatterAddAlongAxis',
  'sort',
  'argsort',
  'topK',
  'cumsum',
  'cumprod',
  'checkIndices',
  'convolution',
  'convolutionWeightGradient',
  'maxPool',
  'maxPoolGradient',
  'avgPool',
  'attention',
  'attentionGradient',
  'scan',
  'cond',
]
