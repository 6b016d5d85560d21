// Edges of a picture: a convolution with four kernels. Choose "image" at the results.
import { cpu, createRuntime, hostArray, nn, reshape, setRuntime, tensor } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
const side = 40
const picture = Float32Array.from({ length: side * side }, (_, i) => {
  const distance = Math.hypot((i % side) - 20, Math.floor(i / side) - 20)
  return distance < 14 && distance > 8 ? 1 : 0
})
const kernels = [
  [-1, 0, 1, -2, 0, 2, -1, 0, 1],
  [-1, -2, -1, 0, 0, 0, 1, 2, 1],
  [0, 1, 0, 1, -4, 1, 0, 1, 0],
  [1, 2, 1, 2, 4, 2, 1, 2, 1],
]
const [edges] = await rt.evaluate([
  nn.conv2d(tensor(hostArray(picture, [1, 1, side, side])), reshape(tensor(kernels), [4, 1, 3, 3]), { padding: 1 }),
])
console.log('a ring', hostArray(picture, [side, side]))
console.log('edges', edges)
console.log(`shape ${edges.shape.join(' x ')}`)
await rt.close()
