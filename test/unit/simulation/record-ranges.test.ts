import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addRange, type RecordRange } from "../../../src/simulation/record-ranges.js";

describe("ranges of records", () => {
  it("count every record once, whatever the order in which they come", () => {
    const range = fc
      .record({ from: fc.integer({ min: 0, max: 50 }), length: fc.integer({ min: 1, max: 20 }) })
      .map(({ from, length }) => ({ from, to: from + length }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), (added) => {
        const ranges: RecordRange[] = [];
        const seen = new Set<number>();
        for (const one of added) {
          const before = seen.size;
          for (let record = one.from; record < one.to; record += 1) seen.add(record);
          expect(addRange(ranges, one)).toBe(seen.size - before);
          for (const [index, { from, to }] of ranges.entries()) {
            expect(to).toBeGreaterThan(from);
            if (index > 0) expect(from).toBeGreaterThan(ranges[index - 1]?.to ?? Number.NaN);
          }
        }
      }),
    );
  });
});
