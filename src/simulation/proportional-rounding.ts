/** Rounds the parts of a proportion so that they add up to the rounded proportion of the whole. */
export class ProportionalRounding {
  readonly #share: number;
  #whole = 0;
  #given = 0;

  /** @param share 0 to 1 */
  constructor(share: number) {
    this.#share = share;
  }

  /** The whole number that the next part is given, at most the part itself. */
  part(of: number): number {
    this.#whole += of;
    // The sum of whole numbers times a quotient of two of them lands a hair below the whole number that it is.
    const upTo = Math.floor(this.#whole * this.#share + 1e-6);
    const part = Math.min(of, upTo - this.#given);
    this.#given += part;
    return part;
  }
}
