import { afterAll, expect, test } from 'vitest'
import { createHash } from 'node:crypto'
import { add, createRng, createRuntime, grad, hostArray, lgamma, matmul, mean, reshape, square, sum, type CompiledStep, type HostArray, type Tensor } from '@gradloom/core'
import { conv2d, dropout, gelu, layerNorm, maxPool2d, multiHeadAttention, relu, softmax, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { adam } from '@gradloom/optim'
import { cpu } from '../src/index.ts'

const runtimes = [1, 2, 4].map((threads) => createRuntime({ backends: [cpu({ threads })] }))
afterAll(() => Promise.all(runtimes.map((r) => r.close())))
