// A page, and a program for Node, that use the packages as their users do: by public names, as installed.
import { cpu } from '@gradloom/backend-cpu'
import { apply, assign, createRuntime, matmul, mean, tanh, tensor } from '@gradloom/core'
import { createRng } from '@gradloom/ops'
import { relu, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { adam } from '@gradloom/optim'
import { cubeOp } from './ops.js'

/** @param {import('@gradloom/core').Runtime} rt @param {readonly number[]} sizes */
function classifier(rt, sizes) {
  const env = rt.variables(),
    rng = createRng(7)
  sizes.slice(1).forEach((size, i) => {
    env.name(`w${i}`).set(rng.glorotUniform([sizes[i], size]))
    env.name(`b${i}`).set(new Float32Array(size))
  })
  const step = env.compile((ctx) => {
    const layers = sizes.slice(1).map((_, i) => i)
    const logits = layers.reduce(
      (h, i) => matmul(i ? relu(h) : h, ctx.variable(`w${i}`)).add(ctx.variable(`b${i}`)),
      ctx.placeholder('x', [-1, sizes[0]]),
    )
    const loss = mean(sparseSoftmaxCrossEntropy(logits, ctx.placeholder('y', [-1], 'int32')))
    return { loss, train: adam({ learningRate: 1e-3 }).minimize(loss, ctx.variables()) }
  })
  return { env, step }
}

const pause = (/** @type {number} */ ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Points around as many centres as there are classes. @param {number} size @param {number} width @param {number} classes */
function examples(size, width, classes) {
  const y = Int32Array.from({ length: size }, (_, i) => i % classes)
  const x = Float32Array.from(
    { length: size * width },
    (_, i) => Math.sin(1 + y[Math.floor(i / width)] * 7.3 + (i % width)) + 0.3 * Math.sin(i * 12.9898),
  )
  return { x, y }
}

/** Trains a network and gives its losses, and what kept the page's own thread busy for more than 50 ms meanwhile.
 * @param {{ options?: object, sizes?: readonly number[], batch?: number, steps?: number }} settings */
export async function train({ options = {}, sizes = [64, 128, 10], batch = 64, steps = 20 } = {}) {
  const rt = createRuntime({ backends: [cpu(options)] }),
    { step } = classifier(rt, sizes),
    feeds = examples(batch, sizes[0], sizes[sizes.length - 1])
  const losses = [(await step(feeds)).loss.item()],
    longTasks = []
  const observer =
    typeof document === 'object'
      ? new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration)))
      : null
  observer?.observe({ type: 'longtask' })
  for (let i = 0; i < steps; i++) {
    losses.push((await step(feeds)).loss.item())
    await pause(0) // a task a step: browsers tell of long tasks where they are the page's own, not of those that follow a module's compilation
  }
  await pause(observer ? 200 : 0) // they tell of them after they end
  observer?.disconnect()
  await rt.close()
  return { losses, longTasks, isolated: globalThis.crossOriginIsolated === true }
}

/** Runs a step, lets `kill` end the worker in the midst of the next, and goes on. @param {() => unknown} kill @param {object} options */
export async function survive(kill, options = {}) {
  const rt = createRuntime({ backends: [cpu(options)] }),
    env = rt.variables(),
    size = 256
  env.name('count').set([0])
  env.name('m').set(new Float32Array(size * size).fill(1 / size))
  const step = env.compile((ctx) => {
    const m = ctx.variable('m').reshape([size, size])
    let h = m
    for (let i = 0; i < 200; i++) h = tanh(matmul(h, m))
    return {
      y: mean(h),
      count: assign(ctx.variable('count'), ctx.variable('count').add(1)),
      m: assign(ctx.variable('m'), h.mul(2).reshape([size * size])),
    }
  })
  const values = async () => [(await env.name('count').get()).item(), (await env.name('m').get()).data[0]]
  await step()
  const before = await values(),
    [first, second] = [step(), step()].map((run) =>
      run.then(
        () => null,
        ({ name, code, message }) => ({ name, code, message }),
      ),
    )
  await pause(20)
  await kill()
  const failures = [await first, await second],
    kept = await values()
  await step()
  const count = (await env.name('count').get()).item()
  await rt.close()
  return { before, failures, kept, count }
}

/** Runs an op whose kernel a plugin brings, in the worker that `worker` starts. @param {object} options */
export async function plugged(options) {
  const acme = { name: 'acme', ops: [cubeOp], kernels: { cpu: { 'acme/cube': () => {} } } },
    rt = createRuntime({ backends: [cpu(options)], plugins: [acme] })
  try {
    const [h] = await rt.evaluate([apply(cubeOp, [tensor([2, -3])])])
    return { values: [...h.data] }
  } catch ({ name, code, message }) {
    return { error: { name, code, message } }
  } finally {
    await rt.close()
  }
}
