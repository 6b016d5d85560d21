/** How large boxes are drawn; the layout takes the same. */
export const BOX = { width: 180, height: 44 } as const
