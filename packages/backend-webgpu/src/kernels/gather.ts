import { sizeOf } from '@gradloom/core'
import { aroundAxis, LINE, placeOn, type AxisAttrs } from './axis.ts'
import { checkRange, rowAt } from './check.ts'
import type { NamedKernel } from './context.ts'

/** @param isAlong whether each line has indices of its own */
const gather =
  (name: string, isAlong: boolean): NamedKernel<AxisAttrs> =>
  ({ inputs: [x, indices], outputs: [out], attrs: { axis } }, context) => {
    const { before, size, after } = aroundAxis(x.shape, axis)
    const count = isAlong ? indices.shape[axis] : sizeOf(indices.shape)
    const shader = context.shader()
    const body = `let place = ${placeOn({ size: count, after }, 'i')};
let row = ${rowAt(shader.of(indices), isAlong ? 'place' : 'i', size)};
${shader.of(out).set('place', shader.of(x).get(placeOn({ size, after }, 'row')))}`
    return [
      ...checkRange(name, indices, [-size, size], null, context),
      ...shader.forEach([before, count, after], LINE, body),
    ]
  }

/** out[a, i, b] = x[a, indices[i], b]. */
export const take: NamedKernel<AxisAttrs> = /* @__PURE__ */ gather('take', false)

/** out[a, i, b] = x[a, indices[a, i, b], b]. */
export const takeAlongAxis: NamedKernel<AxisAttrs> = /* @__PURE__ */ gather('takeAlongAxis', true)
