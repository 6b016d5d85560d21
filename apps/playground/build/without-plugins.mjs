// The trainer's worker has no plugins and no hooks, and profiles nothing: it does without the memory and BLAS that
// plugins' kernels are given and without what their ops are held to, without the times of steps, and without what
// serves hooks, which every visitor would load.

const HOME = '/src/session/session.ts'
/** What stands for modules of core and of the CPU backend, whose threads ask for a task of rotations when they start. */
const STUBS = {
  '/core/src/graph/decomposed.ts':
    'export const decomposed = ({ op, attrs }, inputs) => [op.decompose(inputs, attrs)].flat()',
  '/core/src/runtime/watch.ts': 'export const watching = (engine) => engine',
  '/backend-cpu/src/run/workspace-step.ts': 'export const workspaceStep = () => null',
  '/backend-cpu/src/run/timed.ts': `export const timed = () => { throw new Error('trainer: no profile') }`,
  '/backend-cpu/src/blas/emit-rotations.ts': `export const ROTATION_WORDS = 0
const task = { name: 'rotations', params: ['i32', 'i32', 'i32'], export: true }
export const emitRotations = (m) => void m.func(task, () => {})`,
}

/** @returns {import('vite').Plugin} */
export function withoutPlugins() {
  let isTrainer = false
  return {
    name: 'without-plugins',
    enforce: 'pre',
    buildStart({ input }) {
      isTrainer = Object.values(input).some((file) => file.endsWith(HOME))
    },
    load(id) {
      const [, stub] = Object.entries(STUBS).find(([file]) => isTrainer && id.endsWith(file)) ?? []
      return stub ?? null
    },
  }
}
