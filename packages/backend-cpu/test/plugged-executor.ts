import { defineOp } from '@gradloom/core'
import { serve } from '../src/worker/serve.ts'
import type { CpuKernel } from '../src/index.ts'

const double: CpuKernel = ({ inputs: [x], outputs: [y] }) =>
  x.data.forEach((v, i) => {
    y.data[i] = 2 * v
  })
const fail: CpuKernel = () => {
  throw new Error('no luck', { cause: new RangeError('inner') })
}
const op = (name: string) => defineOp({ name, infer: ([x]) => x })

serve({
  plugins: [
    {
      name: 'acme',
      ops: [op('acme/double'), op('acme/fail')],
      kernels: { cpu: { 'acme/double': double, 'acme/fail': fail } },
    },
  ],
})
