// Principal components of handwritten digits, by the SVD of images around their mean: how much of their variance a few
// directions have, also of digits that it has not seen.
import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, div, matmul, mean, mul, reshape, slice, square, sub, sum, transpose } from '@gradloom/core'
import { linalg, svd } from '@gradloom/linalg'
import { readFlags, readMnist } from 'gradloom-example-shared'
import { savePlot } from 'gradloom-example-shared/plot'
import { scatter, spectrum } from './plots.ts'

const flags = readFlags(process.argv.slice(2), 'Finds principal components of handwritten digits.', {
  examples: { default: 2000, low: 2, about: 'training digits that it takes' },
  components: { default: 50, low: 1, about: 'directions that digits are rebuilt of' },
  plot: { default: undefined, about: 'SVG file for the digits by their first two components' },
  spectrum: { default: undefined, about: 'SVG file for the share of variance by number of components' },
})
const [train, test] = await Promise.all([readMnist('train', flags.examples), readMnist('t10k', 1000)])

const runtime = createRuntime({ backends: [cpu()], plugins: [linalg] })
const pixels = reshape(train.images, [-1, 784])
const middle = mean(pixels, { axis: 0 })
// Rows of vh are the components. s^2 is the images' sum of squares along each, u s where images lie along them.
const { u, s, vh } = svd(sub(pixels, middle))
const components = slice(vh, [[0, flags.components]])
const unseen = sub(reshape(test.images, [-1, 784]), middle)
const rebuilt = matmul(matmul(unseen, transpose(components)), components)
const [shares, places, missed] = await runtime.evaluate([
  div(square(s), sum(square(s))),
  mul(slice(u, [null, [0, 2]]), slice(s, [[0, 2]])),
  div(sum(square(sub(unseen, rebuilt))), sum(square(unseen))),
])
await runtime.close()

const all = Array.from(shares.data, Number)
const explained = (k: number): number => all.slice(0, k).reduce((a, b) => a + b, 0)
if (flags.plot) {
  await savePlot(flags.plot, scatter(places, train.labels))
  console.log(`plot in ${flags.plot}`)
}
if (flags.spectrum) {
  await savePlot(flags.spectrum, spectrum(all))
  console.log(`spectrum in ${flags.spectrum}`)
}
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
console.log(`first two components: ${percent(explained(2))} of the variance`)
console.log(
  `${flags.components} components: ${percent(explained(flags.components))} of the variance, ` +
    `${percent(1 - missed.item())} of that of test digits`,
)
