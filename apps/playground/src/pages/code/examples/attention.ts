// Who looks at whom: the weights of causal attention. Choose "image" at the result.
import {
  cpu,
  createRng,
  createRuntime,
  div,
  greater,
  matmul,
  nn,
  ones,
  setRuntime,
  sum,
  transpose,
  tril,
  where,
} from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
const tokens = 16
const width = 8
const rng = createRng(3)
const queries = rng.normal([tokens, width])
const keys = rng.normal([tokens, width])
const scores = div(matmul(queries, transpose(keys)), Math.sqrt(width))
const isPast = greater(tril(ones([tokens, tokens])), 0)
const weights = nn.softmax(where(isPast, scores, -Infinity))
const [looked, totals] = await rt.evaluate([weights, sum(weights, { axis: 1 })])
console.log('weights', looked)
console.log('each row adds up to 1', totals)
await rt.close()
