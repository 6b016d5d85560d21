import { describe, expect, it } from 'vitest'
import { philox } from '../src/reference/philox.ts'
import { erf, erfc } from '../src/special/erf.ts'
import { lgamma } from '../src/special/gamma.ts'
import { digamma, polygamma } from '../src/special/polygamma.ts'

const relative = (got: number, want: number): number => (got === want ? 0 : Math.abs(got - want) / Math.abs(want))

// 40-digit values of mpmath, rounded.
const table: readonly (readonly [string, (x: number) => number, readonly (readonly [number, number])[]])[] = [
  [
    'erf',
    erf,
    [
      [1e-10, 1.1283791670955126e-10],
      [0.3, 0.3286267594591274],
      [-0.7, -0.6778011938374184],
      [1.9, 0.9927904292352575],
      [2.1, 0.997020533343667],
      [-3.3, -0.9999969422902035],
      [5.5, 0.9999999999999927],
    ],
  ],
  [
    'erfc',
    erfc,
    [
      [0.2, 0.7772974107895215],
      [0.99, 0.1614919304446302],
      [1.01, 0.1531895037717233],
      [2, 0.004677734981047266],
      [5, 1.537459794428035e-12],
      [12.25, 3.09412674054021e-67],
      [26, 5.663192408856143e-296],
      [-1.5, 1.9661051464753108],
    ],
  ],
  [
    'lgamma',
    lgamma,
    [
      [1e-8, 18.42068073818021],
      [0.3, 1.0957979948180756],
      [1.0001, -5.771334222047127e-5],
      [1.7, -0.09580769740706588],
      [2.0002, 8.45697651622356e-5],
      [3.5, 1.2009736023470743],
      [14.9, 24.924132002217277],
      [15.1, 25.458999750992664],
      [150.5, 602.5139548705854],
      [100000.0, 1051287.7089736569],
      [-0.3, 1.4648400508576025],
      [-10.3, -14.457515440024208],
    ],
  ],
  [
    'digamma',
    digamma,
    [
      [0.001, -1000.5755719318103],
      [0.4, -2.561384544585116],
      [1.2, -0.2890398965921884],
      [3.5, 1.103156640645243],
      [14.9, 2.6674289762160424],
      [30.25, 3.392876200343285],
      [-0.3, 2.113309779635399],
      [-10.3, 4.662403493582087],
    ],
  ],
  [
    'trigamma',
    (x) => polygamma(x, 1),
    [
      [0.001, 1000001.6425331958],
      [0.4, 7.275356590529597],
      [3.5, 0.3303577561002349],
      [50.5, 0.01999933342663716],
      [-0.3, 13.945160267805722],
      [-10.3, 14.986887065722637],
    ],
  ],
  [
    'tetragamma',
    (x) => polygamma(x, 2),
    [
      [0.4, -32.23912862357835],
      [3.5, -0.1082040516417274],
      [50.5, -0.00039996000932920303],
      [-0.3, 67.63908119988317],
      [-10.3, 68.82898861103696],
    ],
  ],
  [
    'polygamma 3',
    (x) => polygamma(x, 3),
    [
      [0.4, 236.19525903394705],
      [3.5, 0.07030584881725205],
      [-5.75, 1558.5373671367583],
    ],
  ],
]

describe('special functions', () => {
  for (const [name, fn, rows] of table) {
    it(`${name}: agrees with 40-digit values to 2e-14`, () => {
      for (const [x, want] of rows)
        expect(relative(fn(x), want), `${name}(${x}) = ${fn(x)}, wants ${want}`).toBeLessThan(2e-14)
    })
  }
  it('takes its limits', () => {
    expect([erf(Infinity), erf(-Infinity), erfc(Infinity), erfc(-Infinity)]).toEqual([1, -1, 0, 2])
    expect([lgamma(1), lgamma(2), lgamma(0), lgamma(-3), lgamma(Infinity)]).toEqual([
      0,
      0,
      Infinity,
      Infinity,
      Infinity,
    ])
    expect([digamma(0), digamma(-2), polygamma(0, 1), polygamma(Infinity, 2)]).toEqual([-Infinity, NaN, Infinity, 0])
    for (const f of [erf, erfc, lgamma, digamma, (x: number) => polygamma(x, 1)]) expect(f(NaN)).toBeNaN()
  })
})

it('philox: gives the known answer of its authors for a zero block and key', () => {
  expect(philox(0, 0, 0, 0, 0)).toBe(0x6627e8d5)
})
