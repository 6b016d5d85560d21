// Variables as a safetensors file, and back.
import { cpu, createRng, createRuntime, io, nn } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
const layer = nn.layers.linear(3, 2)
const first = nn.model(rt.variables(), layer, createRng(1))
const bytes = io.encodeSafetensors(await first.save())
console.log(`a file of ${bytes.length} bytes`)

const second = nn.model(rt.variables(), layer, createRng(2))
second.load(io.decodeSafetensors(bytes).tensors)
const [before, after] = [await first.predict([[1, 2, 3]]), await second.predict([[1, 2, 3]])]
console.log('before', before)
console.log('after', after)
console.log(String(before) === String(after) ? 'the same' : 'different')
await rt.close()
