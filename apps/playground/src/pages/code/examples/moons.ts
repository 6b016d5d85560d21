// Two half moons, told apart by a network of layers.
import { cpu, createRng, createRuntime, hostArray, nn, optim, tanh } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
const { layers } = nn
const net = nn.model(
  rt.variables(),
  layers.sequential(layers.linear(2, 8), tanh, layers.linear(8, 8), tanh, layers.linear(8, 2)),
  createRng(7),
)
console.log(net.summary())

const count = 300
const points = new Float32Array(2 * count)
const classes = Int32Array.from({ length: count }, (_, i) => i % 2)
classes.forEach((kind, i) => {
  const angle = Math.PI * ((i * 0.618) % 1)
  const side = kind ? -1 : 1
  points[2 * i] = side * (Math.cos(angle) - 0.5)
  points[2 * i + 1] = side * (Math.sin(angle) - 0.25)
})
const train = net.compile({
  loss: (scores, labels) => nn.sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' }),
  optimizer: optim.adam({ learningRate: 0.02 }),
})
const losses: number[] = []
for (let i = 0; i < 200; i++) losses.push(await train(hostArray(points, [count, 2]), hostArray(classes, [count])))
console.log('losses', losses)

// What it says of each place of the plane, as a picture.
const side = 48
const places = Float32Array.from({ length: 2 * side * side }, (_, k) => {
  const cell = k >> 1
  return k % 2 ? 1.5 - (3 * Math.floor(cell / side)) / side : (3 * (cell % side)) / side - 1.5
})
const scores = await net.predict(hostArray(places, [side * side, 2]))
const field = Float32Array.from(
  { length: side * side },
  (_, i) => Number(scores.data[2 * i + 1]) - Number(scores.data[2 * i]),
)
console.log('the plane', hostArray(field, [side, side]))
console.log(losses.at(-1)! < 0.05 ? 'learnt' : 'not learnt')
await rt.close()
