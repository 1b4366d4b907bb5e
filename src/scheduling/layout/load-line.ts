/*
 * Load over the hash space: single hash keys that carry load of their own, and between them load that is even. Loads are in shards'
 * worth: 1 is what a shard accepts of what is counted. Several kinds are held apart (bytes and records, at one moment or another), and a
 * range is as loaded as the kind that it has most of. Hash keys are whole numbers, so a shard of one key cannot be cut, and neither can
 * the load of one key.
 */

/**
 * A load by its knots.
 *
 * @property knots ascending hash keys; the first begins the space. Load that belongs to a knot's own key is in `upTo` and not in `below`
 * @property end the hash key after the last one
 * @property kinds for each kind of load, what lies below each knot (and, last, below the end), and what lies up to and with its key; from
 *   there to the next knot load is even
 */
export interface LoadShape {
  readonly knots: readonly bigint[];
  readonly end: bigint;
  readonly kinds: readonly { readonly below: Float64Array; readonly upTo: Float64Array }[];
}

/** Bits that a part of a range is worked out to. */
const SHARE_BITS = 52n;
const SHARE_STEPS = 2 ** Number(SHARE_BITS);

export class LoadLine {
  readonly start: bigint;
  readonly end: bigint;
  readonly #knots: readonly bigint[];
  readonly #kinds: LoadShape["kinds"];

  constructor({ knots, end, kinds }: LoadShape) {
    this.start = knots[0] as bigint;
    this.end = end;
    this.#knots = knots;
    this.#kinds = kinds;
  }

  /** The load of each kind on the hash keys from `from` (included) to `to` (excluded). */
  loads(from: bigint, to: bigint): number[] {
    const [low, high] = [this.#placeOf(from), this.#placeOf(to)];
    return this.#kinds.map((_, kind) => this.#below(kind, high) - this.#below(kind, low));
  }

  /** The load of the kind that those keys have most of. */
  load(from: bigint, to: bigint): number {
    return Math.max(...this.loads(from, to));
  }

  /** How far a range that begins at `from` goes while no load exceeds `limit`: the hash key after its last one. */
  reach(from: bigint, limit: number): bigint {
    const place = this.#placeOf(from);
    const ceilings = this.#kinds.map((_, kind) => this.#below(kind, place) + limit);
    const knot = this.#lastKnotWithin(place.knot, ceilings);
    if (knot === this.#knots.length) return this.end;
    const at = this.#knots[knot] as bigint;
    if (at >= from && this.#kinds.some(({ upTo }, kind) => (upTo[knot] as number) > (ceilings[kind] as number)))
      return at;
    const nearest = this.#nearestWithin(knot, ceilings);
    const isWithin = nearest <= from || this.load(from, nearest) <= limit;
    const reached = isWithin ? nearest : nearest - 1n;
    return reached > from ? reached : from;
  }

  /** The hash key with most load, which no split can take apart. */
  heaviestKey(): { readonly hashKey: bigint; readonly load: number } {
    let heaviest = { hashKey: this.start, load: 0 };
    for (const [knot, hashKey] of this.#knots.entries()) {
      const width = Number((this.#knots[knot + 1] ?? this.end) - hashKey);
      for (const { below, upTo } of this.#kinds) {
        const even = ((below[knot + 1] as number) - (upTo[knot] as number)) / width;
        const load = (upTo[knot] as number) - (below[knot] as number) + even;
        if (load > heaviest.load) heaviest = { hashKey, load };
      }
    }
    return heaviest;
  }

  /** The last knot before a hash key, and how much of the even load behind the knot lies below the key. */
  #placeOf(hashKey: bigint): Place {
    if (hashKey <= this.start) return beginning;
    let low = 0;
    let high = this.#knots.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#knots[middle] as bigint) < hashKey) low = middle;
      else high = middle;
    }
    const knot = this.#knots[low] as bigint;
    return { knot: low, share: Number(hashKey - knot) / Number((this.#knots[low + 1] ?? this.end) - knot) };
  }

  #below(kind: number, { knot, share }: Place): number {
    const { below, upTo } = this.#kinds[kind] as LoadShape["kinds"][number];
    if (share === 0) return below[knot] as number;
    const start = upTo[knot] as number;
    return share === 1 ? (below[knot + 1] as number) : start + ((below[knot + 1] as number) - start) * share;
  }

  /** The last knot, from one on, below which no load exceeds its ceiling; their number where even the end is within. */
  #lastKnotWithin(first: number, ceilings: readonly number[]): number {
    const isWithin = (knot: number): boolean =>
      this.#kinds.every(({ below }, kind) => (below[knot] as number) <= (ceilings[kind] as number));
    let low = first;
    let high = this.#knots.length + 1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (isWithin(middle)) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The hash key between a knot and the next at which the first load comes nearest to its ceiling. */
  #nearestWithin(knot: number, ceilings: readonly number[]): bigint {
    const shares = this.#kinds.map(({ below, upTo }, kind) => {
      const even = (below[knot + 1] as number) - (upTo[knot] as number);
      return even > 0 ? ((ceilings[kind] as number) - (upTo[knot] as number)) / even : 1;
    });
    const steps = BigInt(Math.round(Math.min(1, Math.max(0, Math.min(...shares))) * SHARE_STEPS));
    const at = this.#knots[knot] as bigint;
    const width = (this.#knots[knot + 1] ?? this.end) - at;
    return at + ((width * steps + (1n << (SHARE_BITS - 1n))) >> SHARE_BITS);
  }
}

interface Place {
  readonly knot: number;
  readonly share: number;
}

const beginning: Place = { knot: 0, share: 0 };
