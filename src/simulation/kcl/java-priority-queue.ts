/*
 * A binary heap that lets equal items leave in the order in which java.util.PriorityQueue does: not the one in which they came. Which
 * worker KCL 3 gives a lease to depends on that order wherever workers have equal room. A poll puts the last item at the root and lets
 * it sink past children that are strictly less; an added one is appended and climbs past parents that it is strictly less than.
 * Source: the documentation of java.util.PriorityQueue leaves the order of equal items open; this is what OpenJDK's does.
 */
export class JavaPriorityQueue<Item> {
  readonly #items: Item[] = [];
  readonly #compare: (one: Item, other: Item) => number;

  /** @param compare negative where `one` leaves before `other`; must not change for items that are in the queue */
  constructor(compare: (one: Item, other: Item) => number) {
    this.#compare = compare;
  }

  add(item: Item): void {
    const items = this.#items;
    let place = items.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = items[above] as Item;
      if (this.#compare(item, parent) >= 0) break;
      items[place] = parent;
      place = above;
    }
    items[place] = item;
  }

  /** Takes out the first item; undefined when there is none. */
  poll(): Item | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
    return first;
  }

  /** Puts an item where the root was. */
  #sink(item: Item): void {
    const items = this.#items;
    const parents = items.length >> 1;
    let place = 0;
    while (place < parents) {
      const below = this.#lesserChild(place);
      const child = items[below] as Item;
      if (this.#compare(item, child) <= 0) break;
      items[place] = child;
      place = below;
    }
    items[place] = item;
  }

  /** The left one if both are equal. */
  #lesserChild(place: number): number {
    const left = 2 * place + 1;
    const right = left + 1;
    const isRight =
      right < this.#items.length && this.#compare(this.#items[left] as Item, this.#items[right] as Item) > 0;
    return isRight ? right : left;
  }
}
