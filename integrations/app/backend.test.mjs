// A backend of somebody else, tested with the installed kit and Node's own test runner. It can do less than ours, and
// counts its runs.
import { after, describe, it } from 'node:test'
import { conformance, reference, samples } from '@gradloom/conformance'

let runs = 0
const counting = () => {
  const inner = reference()
  const kernels = inner.capabilities.kernels.filter((name) => name !== 'argsort')
  return {
    ...inner,
    name: 'counting',
    capabilities: { ...inner.capabilities, kernels, dtypes: ['float32', 'int32', 'uint32', 'bool'] },
    async prepare(plan, plugged) {
      const executable = await inner.prepare(plan, plugged)
      return { ...executable, run: (...args) => (runs++, executable.run(...args)) }
    },
  }
}

const ops = ['add', 'matmul', 'sum', 'argsort', 'take']
const report = conformance(counting, { describe, it }, { samples: samples.filter((s) => ops.includes(s.op)) })
after(() =>
  console.log(JSON.stringify({ runs, checks: report.checks, excluded: report.excluded.map(({ reason }) => reason) })),
)
