/** What the visitor's browser keeps of this site. Where site data is blocked there is nothing, and nothing is kept. */
export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    /* blocked, or full */
  }
}
