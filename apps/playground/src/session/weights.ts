// Files of variables: loaded when one is saved or opened, not with the page.
export { decodeSafetensors, encodeSafetensors } from '@gradloom/io'
