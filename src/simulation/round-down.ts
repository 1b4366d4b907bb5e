/** The whole number up to a quotient or product of whole ones, which lands a hair below the whole number that it is. */
export function roundDown(value: number): number {
  return Math.floor(value + 1e-6);
}
