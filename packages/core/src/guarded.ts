import * as dtypes from './dtype.ts'
import * as shapes from './shape.ts'
import { SettingError } from './errors.ts'
import * as random from './philox.ts'
import * as scalars from './scalar.ts'
import { shown } from './settings.ts'

/** Helpers that shape inference and kernels call all the time check nothing. As they are exported, what JavaScript
 * throws at arguments that are none of theirs is a SettingError. */
/* @__NO_SIDE_EFFECTS__ */
function guarded<F extends (...given: never[]) => unknown>(name: string, helper: F): F {
  const call = (...given: never[]): unknown => {
    try {
      return helper(...given)
    } catch (error) {
      if ('code' in Object(error)) throw error
      throw new SettingError(`${name}: arguments of other kinds required, got ${given.map(shown)}`, { cause: error })
    }
  }
  return call as F
}

export const allocate: typeof dtypes.allocate = guarded('allocate', dtypes.allocate)
export const roundTo: typeof dtypes.roundTo = guarded('roundTo', dtypes.roundTo)
export const broadcastShapes: typeof shapes.broadcastShapes = guarded('broadcastShapes', shapes.broadcastShapes)
export const contiguous: typeof shapes.contiguous = guarded('contiguous', shapes.contiguous)
export const normalizeAxes: typeof shapes.normalizeAxes = guarded('normalizeAxes', shapes.normalizeAxes)
export const normalizeAxis: typeof shapes.normalizeAxis = guarded('normalizeAxis', shapes.normalizeAxis)
export const sameShape: typeof shapes.sameShape = guarded('sameShape', shapes.sameShape)
export const show: typeof shapes.show = guarded('show', shapes.show)
export const sizeOf: typeof shapes.sizeOf = guarded('sizeOf', shapes.sizeOf)
export const philox4x32: typeof random.philox4x32 = guarded('philox4x32', random.philox4x32)
export const scalarInputs: typeof scalars.scalarInputs = guarded('scalarInputs', scalars.scalarInputs)
