/*
 * Named streams of random numbers. A stream is identified by the seed and the names on the way to it, so what one part of the model
 * draws never depends on what another part draws, or on whether it exists. The generator is sfc32 (Chris Doty-Humphrey's Small Fast
 * Chaotic generator, 128 bits of state, passes PractRand): fast in 32-bit integer arithmetic. Its state lives in a typed array, since
 * 32-bit integers in object fields would be boxed.
 */

const STATE_WORDS = 4;
/** Draws that are thrown away first, so that similar seeds have parted. */
const WARM_UP_DRAWS = 12;
const TO_UNIT = 2 ** -32;

export class RandomStream {
  readonly #state: Int32Array;
  /** What the stream was made from, for its children; drawing does not change it. */
  readonly #identity: readonly [number, number, number];

  private constructor(identity: readonly [number, number, number]) {
    this.#identity = identity;
    this.#state = Int32Array.of(...identity, 1);
    for (let draw = 0; draw < WARM_UP_DRAWS; draw += 1) this.nextInt32();
  }

  /** @param seed a whole number, up to 2^53 */
  static fromSeed(seed: number): RandomStream {
    return new RandomStream([seed | 0, Math.floor(seed / 2 ** 32) | 0, 0]);
  }

  /** The stream of that name below this one: the same whatever else was drawn or named. */
  child(...names: readonly (string | number)[]): RandomStream {
    let identity = this.#identity;
    for (const name of names) identity = mixName(identity, typeof name === "number" ? `\u0001${name}` : name);
    return new RandomStream(identity);
  }

  /** 32 random bits, as a signed integer. */
  nextInt32(): number {
    const state = this.#state;
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const counter = state[STATE_WORDS - 1] as number;
    const result = (a + b + counter) | 0;
    state[STATE_WORDS - 1] = (counter + 1) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + result) | 0;
    return result;
  }

  /** Uniform in (0, 1), in steps of 2^-32; never an end. */
  nextUniform(): number {
    return ((this.nextInt32() >>> 0) + 0.5) * TO_UNIT;
  }

  /** Uniform in (0, 1) in steps of 2^-52, for tails below 2^-32. */
  nextUniform52(): number {
    const high = this.nextInt32() >>> 6;
    const low = this.nextInt32() >>> 6;
    return (high * 2 ** 26 + low + 0.5) * 2 ** -52;
  }
}

/** Mixes a name into an identity. The constants are odd numbers with well spread bits (of the golden ratio and of MurmurHash3). */
function mixName([a, b, c]: readonly [number, number, number], name: string): [number, number, number] {
  let first = a ^ 0x9e3779b9;
  let second = b ^ 0x85ebca6b;
  let third = c ^ name.length;
  for (let index = 0; index < name.length; index += 1) {
    const unit = name.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x9e3779b1);
    second = Math.imul(second ^ (first >>> 15) ^ unit, 0x85ebca77);
    third = Math.imul(third ^ (second >>> 13) ^ unit, 0xc2b2ae3d);
  }
  return [spread(first ^ third), spread((second + first) | 0), spread(third ^ second)];
}

/** Every bit of the input reaches every bit of the output. */
function spread(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
