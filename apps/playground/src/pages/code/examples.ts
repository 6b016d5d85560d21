const texts = import.meta.glob<string>('./examples/*.ts', { query: '?raw', import: 'default', eager: true })

/** Names of the examples, in the order in which they are offered. */
export const EXAMPLES = [
  ['gradients', 'Gradients'],
  ['line', 'A line through points'],
  ['moons', 'A network on two moons'],
  ['eager', 'The loop of PyTorch'],
  ['functional', 'The loop of JAX'],
  ['newton', 'Newton’s method'],
  ['custom-op', 'An op of your own'],
  ['scan', 'A pendulum, by scan'],
  ['convolution', 'Edges, by convolution'],
  ['attention', 'Attention weights'],
  ['optimizers', 'Five optimizers'],
  ['random', 'Random numbers'],
  ['files', 'A file of variables'],
  ['mistake', 'A mistake'],
] as const
export type ExampleName = (typeof EXAMPLES)[number][0]

export const textOf = (name: ExampleName): string => texts[`./examples/${name}.ts`]
