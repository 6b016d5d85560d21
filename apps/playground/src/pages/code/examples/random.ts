// Random numbers as tensors: the same seed gives the same ones, on every backend.
import { cpu, createRng, createRuntime } from 'gradloom'

/** How many of the values fall into each of 40 parts between the least and the greatest. */
function histogram(values: Float32Array): number[] {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const counts = new Array<number>(40).fill(0)
  for (const value of values) counts[Math.min(39, Math.floor(((value - low) / (high - low)) * 40))]++
  return counts
}

const rt = createRuntime({ backends: [cpu()] })
const rng = createRng(42)
const [normal, uniform, gamma] = await rt.evaluate([rng.normal([5000]), rng.uniform([5000]), rng.gamma([5000], 2)])
console.log('normal', histogram(normal.data as Float32Array))
console.log('uniform', histogram(uniform.data as Float32Array))
console.log('gamma', histogram(gamma.data as Float32Array))
const [again] = await rt.evaluate([createRng(42).normal([5000])])
console.log(again.data[0] === normal.data[0] ? 'the same again' : 'others')
await rt.close()
