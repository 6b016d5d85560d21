// A worker of the user's own: it brings the kernel that a plugin's op needs.
import { serve } from '@gradloom/backend-cpu/worker'
import { cubeOp } from './ops.js'

/** @type {import('@gradloom/backend-cpu').CpuKernel} */
const cube = ({ inputs: [x], outputs: [y] }) =>
  x.data.forEach((v, i) => {
    y.data[i] = v ** 3
  })

serve({ plugins: [{ name: 'acme', ops: [cubeOp], kernels: { cpu: { 'acme/cube': cube } } }] })
