import { writeFile } from 'node:fs/promises'
import { plot, type PlotOptions } from '@observablehq/plot'
import { parseHTML } from 'linkedom'

const STYLE = 'background: white; color: #222'

/** Draws marks of Observable Plot into an SVG file that stands alone. */
export async function savePlot(file: string, options: PlotOptions): Promise<void> {
  const { document } = parseHTML('<html><body></body></html>')
  const figure = plot({ ...options, figure: false, document: document as unknown as Document })
  figure.setAttribute('style', STYLE)
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  await writeFile(file, `${figure.outerHTML}\n`)
}
