import { expNormal } from './exponential.ts'
import { choose, withSign, type Formula, type V } from './formula.ts'

// erf x = x + x P(x^2) for |x| < 1. Minimax (Remez, 40 digits), errors relative to x: 2^-29.7 and 2^-57.0.
const P32 = [0.1283791659, -0.3761262714, 0.1128360021, -0.02685444558, 5.189536462e-3, -8.020845698e-4, 7.889119157e-5]
const P64 = [
  0.12837916709551256, -0.3761263890318355, 0.11283791670945253, -0.02686617064327622, 0.005223977607423468,
  -0.0008548325989696758, 0.00012055295320494294, -1.4924744663335489e-5, 1.6447517677871873e-6, -1.6209175911748696e-7,
  1.3722976265924504e-8, -7.801188874097751e-10,
]
// erf x = 1 - e^E(x - 3/2) from 1 to 4 (f32) or 6 (f64), where it is 1. Minimax with weight erfc / erf (Remez, 60
// digits).
const E32 = [-3.384492084, -3.508801117, -0.8926416623, -0.02582008649, 6.020926259e-3, -1.270245279e-3, 1.863772047e-4]
const E64 = [
  -3.384492089551554, -3.5088008017795365, -0.8926403306147815, -0.025824140632730343, 0.006006746379578407,
  -0.0012572167031962252, 0.00021596337953550543, -2.24736023297865e-5, -2.6472502656803034e-6, 2.3708317667016e-6,
  -8.17678907136121e-7, 1.9161352953324916e-7, -2.8434221758197997e-8, 6.090124605214339e-10, 9.186518386313465e-10,
  -2.37813667357265e-10, 2.7291461726576532e-11, -1.2585389553345684e-12,
]

/** (2 / sqrt pi) times the integral of e^(-t^2) from 0 to x. Odd to the bit. */
export function erf(w: Formula, x: V): V {
  const { vector } = w.lanes
  const pinned = w.let(x)
  const size = w.let(vector.abs(pinned))
  const z = w.let(w.mul(size, size))
  const near = w.fma(size, w.polynomial(z, w.single ? P32 : P64), size)
  const u = w.let(w.sub(w.atMost(size, w.single ? 4 : 6), 1.5))
  const far = w.sub(w.k(1), expNormal(w, w.let(w.polynomial(u, w.single ? E32 : E64))))
  return withSign(choose(vector.lt(size, w.k(1)), near, far), pinned, w.k(-0))
}
