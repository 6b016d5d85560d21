// The first formatter of Intl takes the page's thread tens of milliseconds. uPlot makes two when it is evaluated, for
// axes of time and for numbers that nobody formats: here they are made when needed, which on these pages is never.

/** @type {[string, string][]} */
const CHANGES = [
  [
    "const numFormatter = new Intl.NumberFormat(domEnv ? nav.language : 'en-US');",
    "const numFormatter = () => new Intl.NumberFormat(domEnv ? nav.language : 'en-US');",
  ],
  ['numFormatter.format(val)', 'numFormatter().format(val)'],
  ['const localTz = new Intl', 'const localTz = () => new Intl'],
  ['tz == localTz', 'tz == localTz()'],
]

/** @returns {import('vite').Plugin} */
export const lightPlot = () => ({
  name: 'light-plot',
  transform(code, id) {
    if (!id.endsWith('/uPlot.esm.js')) return null
    return CHANGES.reduce((text, [from, to]) => {
      if (!text.includes(from))
        throw new Error(`light-plot: \`${from}\` required in ${id}: read what uPlot has changed`)
      return text.replace(from, to)
    }, code)
  },
})
