import { describe, expect, it } from "vitest";
import { JavaPriorityQueue } from "../../../../src/simulation/kcl/java-priority-queue.js";

interface Item {
  readonly name: string;
  readonly rank: number;
}

function equalItems(names: string): JavaPriorityQueue<Item> {
  const queue = new JavaPriorityQueue<Item>((one, other) => one.rank - other.rank);
  for (const name of names) queue.add({ name, rank: 0 });
  return queue;
}

function pollNames(queue: JavaPriorityQueue<Item>): string {
  let names = "";
  for (let item = queue.poll(); item !== undefined; item = queue.poll()) names += item.name;
  return names;
}

describe("the heap of java.util.PriorityQueue", () => {
  // Worked out by hand: the last item goes to the root, and stays there among equals.
  it.each([
    ["", ""],
    ["a", "a"],
    ["ab", "ab"],
    ["abc", "acb"],
    ["abcd", "adcb"],
    ["abcdefg", "agfedcb"],
  ])("lets the equal items %j leave as %j", (names, order) => {
    expect(pollNames(equalItems(names))).toBe(order);
  });

  it("alternates between two of three equal items when each is put back", () => {
    const queue = equalItems("abc");
    let served = "";
    for (let turn = 0; turn < 6; turn += 1) {
      const item = queue.poll() as Item;
      served += item.name;
      queue.add(item);
    }
    expect(served).toBe("acacac");
  });

  it("can be used again when it was empty", () => {
    const queue = equalItems("ab");
    pollNames(queue);
    queue.add({ name: "c", rank: 1 });
    queue.add({ name: "d", rank: 0 });
    expect(pollNames(queue)).toBe("dc");
  });
});
