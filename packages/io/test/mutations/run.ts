// node --expose-gc --conditions=@gradloom/source run.ts FORMAT COUNT SEED: prints one line of JSON, or what went wrong.
import { createDraw } from './draw.ts'
import { formats } from './formats.ts'
import { mutate } from './mutate.ts'

const [name, count, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const { files, insides, wrap, decode, oracle } = formats[name]

/** A case is whole by its seed and index. */
function fileOf(index: number): Uint8Array {
  const draw = createDraw(seed, index)
  if (wrap && insides && draw.below(2)) return wrap(mutate(draw.pick(insides), draw, insides), draw)
  return mutate(draw.pick(files), draw, files)
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const typed = ['FormatError', 'DTypeError']
let read = 0
let maxMs = 0
let maxByteLength = 0
let startKb = 0
for (let index = 0; index < count; index++) {
  // The engine has made its code by then, which takes memory too.
  if (index === Math.min(1000, count >> 1)) startKb = process.resourceUsage().maxRSS
  // What is left of other cases is not this one's.
  if (index % 64 === 0) await globalThis.gc?.({ type: 'major', execution: 'async' })
  const file = fileOf(index)
  maxByteLength = Math.max(maxByteLength, file.length)
  const start = cpuMs()
  try {
    const arrays = await decode(file.slice())
    maxMs = Math.max(maxMs, cpuMs() - start)
    read++
    for (const { data, shape } of arrays.values())
      if (data.length !== shape.reduce((a, b) => a * b, 1)) throw new Error('data and shape differ')
    await oracle(file, arrays)
  } catch (error) {
    maxMs = Math.max(maxMs, cpuMs() - start)
    if (typed.includes((error as Error).name)) continue
    console.error(`seed ${seed}, index ${index}: ${Buffer.from(file).toString('base64')}`)
    throw error
  }
}
const grownBytes = (process.resourceUsage().maxRSS - startKb) * 1024
console.log(JSON.stringify({ count, read, maxMs, maxByteLength, grownBytes }))
