/** Hands a file to the visitor. */
export function saveUrl(name: string, url: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name.toLowerCase().replaceAll(' ', '-')
  link.click()
}

export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob)
  saveUrl(name, url)
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

export const saveText = (name: string, text: string, type: string): void => saveBlob(name, new Blob([text], { type }))
