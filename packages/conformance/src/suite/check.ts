import { tensor, toHostArray, type DType, type HostArray, type NestedArray, type Runtime } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { difference, exactTolerance, toleranceOf, type Precision } from '../compare.ts'
import type { Sample } from '../samples/sample.ts'
import { evaluateSample, toHost, type Evaluation } from './evaluate.ts'

const titled = (sample: Sample): string => `${sample.op}: ${sample.name}`
const thrown = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

/** What a check finds wrong, one line each. */
async function problems(
  sample: Sample,
  body: (note: (what: string, wrong: string | null) => void) => Promise<void>,
): Promise<string[]> {
  const found: string[] = []
  try {
    await body((what, wrong) => {
      if (wrong) found.push(`${titled(sample)}: ${what}: ${wrong}`)
    })
  } catch (error) {
    found.push(`${titled(sample)}: ${thrown(error)}`)
  }
  return found
}

/** With numbers for data, which float16 has not. */
const numbers = (host: HostArray): HostArray => toHostArray(host, 'float64')
const coarser = (dtype: DType, precision: Precision): Precision =>
  dtype === 'float32' && precision === 'float64' ? dtype : precision

/** Compares a runtime's values, gradients and second derivatives with those of the reference in float64. */
export const compareSample = (
  sample: Sample,
  runtime: Runtime,
  oracle: Promise<Evaluation>,
  precision: Precision,
): Promise<string[]> =>
  problems(sample, async (note) => {
    const want = await oracle
    const got = await evaluateSample(sample, runtime, precision)
    const compare = (
      what: string,
      list: readonly (HostArray | null)[],
      wanted: readonly (HostArray | null)[],
      order: 1 | 2,
    ): void =>
      wanted.forEach((w, i) => {
        // Some results are float32 in every run.
        if (w)
          note(
            `${what} ${i}`,
            difference(numbers(list[i]!), numbers(w), toleranceOf(coarser(list[i]!.dtype, precision), { order })),
          )
      })
    compare('output', got.outputs, want.outputs, 1)
    compare('gradient', got.gradients, want.gradients, 1)
    compare('second derivative', got.second, want.second, 2)
  })

/** Compares with the values and gradients that the sample states. */
export const checkStated = (sample: Sample, runtime: Runtime, precision: Precision): Promise<string[]> =>
  problems(sample, async (note) => {
    const { want, wantGrads } = sample
    const tolerance = exactTolerance(precision)
    if (!want && !wantGrads) return
    const { outputs, gradients } = await evaluateSample(sample, runtime, precision, {
      order: wantGrads ? 1 : 0,
      plain: true,
    })
    const stated = (what: string, result: HostArray, values: NestedArray): void => {
      const got = numbers(result)
      const wanted = toHostArray(values, 'float64')
      // Nested arrays cannot say how many columns an array without rows has.
      note(what, got.data.length || wanted.data.length ? difference(got, wanted, tolerance) : null)
    }
    want?.forEach((values, i) => stated(`output ${i}`, outputs[i], values))
    wantGrads?.forEach((values, i) => {
      if (values !== null) stated(`gradient ${i}`, gradients[i]!, values)
    })
  })

/** Compares gradients with central differences, to the order that the sample allows. */
export const checkDerivatives = (sample: Sample, oracle: Runtime): Promise<string[]> =>
  problems(sample, async () => {
    if (!sample.order || sample.large || !sample.inputs.some((x) => x.dtype === 'float')) return
    await oracle.run(() =>
      checkGrads(
        sample.fn,
        sample.inputs.map((x) => tensor(toHost(x, 'float64'))),
        { order: sample.order },
      ),
    )
  })

/** Everything that is known of a sample without another backend. */
export const checkSample = async (sample: Sample, oracle: Runtime): Promise<string[]> => [
  ...(await checkStated(sample, oracle, 'float64')),
  ...(await checkDerivatives(sample, oracle)),
]
