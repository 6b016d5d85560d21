import { readFile } from 'node:fs/promises'

/** Mean temperatures of the world. */
export interface Temperatures {
  readonly years: Float64Array<ArrayBuffer>
  /** In degrees Celsius above the mean of 1951 to 1980. */
  readonly anomalies: Float64Array<ArrayBuffer>
}

/** NASA's record, year by year from 1880 on. */
export async function readTemperatures(): Promise<Temperatures> {
  const text = await readFile(new URL('../data/temperature.csv', import.meta.url), 'utf8')
  const rows = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number))
  return {
    years: Float64Array.from(rows, ([year]) => year),
    anomalies: Float64Array.from(rows, ([, anomaly]) => anomaly),
  }
}
