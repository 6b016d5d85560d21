// Loaded with the first network that has it, not with the page: its polynomials weigh as much as a layer.
export { gelu } from '@gradloom/nn'
