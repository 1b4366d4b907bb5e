/*
 * The heap against a plain model of what OpenJDK does: neighbours in the tree are swapped while one is strictly less than its parent.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JavaPriorityQueue } from "../../../../src/simulation/kcl/java-priority-queue.js";

interface Item {
  readonly rank: number;
  readonly number: number;
}

class SwappingHeap {
  #items: Item[] = [];

  #swap(one: number, other: number): void {
    const [first, second] = [this.#items[one] as Item, this.#items[other] as Item];
    this.#items[one] = second;
    this.#items[other] = first;
  }

  #isLess(one: number, other: number): boolean {
    return (this.#items[one] as Item).rank < (this.#items[other] as Item).rank;
  }

  add(item: Item): void {
    this.#items.push(item);
    for (let place = this.#items.length - 1; place > 0; ) {
      const parent = Math.floor((place - 1) / 2);
      if (!this.#isLess(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  poll(): Item | undefined {
    if (this.#items.length === 0) return undefined;
    this.#swap(0, this.#items.length - 1);
    const first = this.#items.pop();
    for (let place = 0; ; ) {
      const children = [2 * place + 1, 2 * place + 2].filter((child) => child < this.#items.length);
      if (children.length === 0) return first;
      const child = children.reduce((left, right) => (this.#isLess(right, left) ? right : left));
      if (!this.#isLess(child, place)) return first;
      this.#swap(child, place);
      place = child;
    }
  }
}

/** A rank to add, or undefined to poll. */
const steps = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.nat(4) }, { weight: 2, arbitrary: fc.constant(undefined) }),
  {
    maxLength: 200,
    size: "max",
  },
);

describe("the heap of java.util.PriorityQueue", () => {
  it("lets items leave in the order of the swapping model, equal ones too", () => {
    fc.assert(
      fc.property(steps, (chosen) => {
        const queue = new JavaPriorityQueue<Item>((one, other) => one.rank - other.rank);
        const model = new SwappingHeap();
        const [left, expected]: [unknown[], unknown[]] = [[], []];
        for (const [number, rank] of [...chosen, ...chosen.map(() => undefined)].entries()) {
          if (rank === undefined) {
            left.push(queue.poll());
            expected.push(model.poll());
          } else {
            queue.add({ rank, number });
            model.add({ rank, number });
          }
        }
        expect(left).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
