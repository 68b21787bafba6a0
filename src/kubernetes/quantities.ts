/** Compares two quantities: negative, zero or positive, as in a sort. */
export function compareQuantities(left: string, right: string): number {
  return Number(left) - Number(right);
}
