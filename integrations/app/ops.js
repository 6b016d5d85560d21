import { defineOp } from '@gradloom/core'

export const cubeOp = defineOp({ name: 'acme/cube', infer: ([x]) => x })
