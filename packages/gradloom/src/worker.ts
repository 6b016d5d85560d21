export * from '@gradloom/backend-cpu/worker'
