export * from '@gradloom/backend-webgpu/node'
