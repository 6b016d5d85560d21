export * from '@gradloom/io/node'
