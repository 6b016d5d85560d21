// A loop inside the plan: a pendulum that swings, one state after another.
import { add, cpu, createRuntime, mul, neg, scan, setRuntime, sin, tensor, zeros } from 'gradloom'

const rt = createRuntime({ backends: [cpu()] })
setRuntime(rt)
const dt = 0.05
const [, angles] = scan(
  ([angle, speed]: readonly [ReturnType<typeof tensor>, ReturnType<typeof tensor>]) => {
    const next = add(speed, mul(neg(sin(angle)), dt))
    const turned = add(angle, mul(next, dt))
    return [[turned, next] as const, turned]
  },
  [tensor(1), zeros([])] as const,
  null,
  { length: 400 },
)
const [swing] = await rt.evaluate([angles])
console.log('angle', swing)
console.log(`highest ${Math.max(...(swing.data as Float32Array)).toFixed(2)}`)
await rt.close()
