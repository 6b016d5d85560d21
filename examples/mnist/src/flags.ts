import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { backendsOf } from 'gradloom-example-shared'

const help = `Trains a classifier on MNIST.
  --epochs N          passes over the training examples (3); 0 only measures the accuracy
  --batch N           examples a step (64)
  --learning-rate X   of Adam at the start; it falls to 0 (0.005)
  --seed N            of the initial weights and the order of examples (0)
  --hidden N          units of the hidden layer (128)
  --backend NAME      cpu; webgpu: on a GPU, or Chromium in its place; or reference: slow, what the others are
                      checked against (cpu)
  --examples N        takes at most N of the training and of the test examples
  --save FILE         where the trained variables go (examples/mnist/mnist.safetensors)
  --load FILE         starts from variables that were saved
  --help              prints this`

const options = {
  epochs: { type: 'string', default: '3' },
  batch: { type: 'string', default: '64' },
  'learning-rate': { type: 'string', default: '0.005' },
  seed: { type: 'string', default: '0' },
  hidden: { type: 'string', default: '128' },
  backend: { type: 'string', default: 'cpu' },
  examples: { type: 'string', default: '60000' },
  save: { type: 'string', default: fileURLToPath(new URL('../mnist.safetensors', import.meta.url)) },
  load: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** What the command line asks for. Ends the program where it asks for help, or makes no sense. */
export function readFlags(args: string[]) {
  try {
    return parse(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    process.exit(2)
  }
}

function parse(args: string[]) {
  const { values } = parseArgs({ args, options })
  if (values.help) {
    console.log(help)
    process.exit(0)
  }
  const number = (
    name: 'epochs' | 'batch' | 'learning-rate' | 'seed' | 'hidden' | 'examples',
    low: number,
    whole = true,
  ): number => {
    const value = Number(values[name])
    if (values[name].trim() && value >= low && Number.isFinite(value) && (Number.isInteger(value) || !whole))
      return value
    throw new RangeError(`--${name}: a${whole ? ' whole' : ''} number from ${low} required, got '${values[name]}'`)
  }
  return {
    ...values,
    backends: backendsOf(values.backend),
    epochs: number('epochs', 0),
    batch: number('batch', 1),
    'learning-rate': number('learning-rate', 0, false),
    seed: number('seed', 0),
    hidden: number('hidden', 1),
    examples: number('examples', 1),
  }
}
