import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregateBytes, chargedAggregateBytes, recordsPerAggregate } from "../../../src/workload/kpl-aggregation.js";

/** The KPL's AggregationMaxSize unless it is set. */
const MAX_SIZE = 51_200;
const MAGIC = [0xf3, 0x89, 0x9a, 0xc2];
const MD5_BYTES = 16;

describe("a full aggregate", () => {
  it.each([
    { data: 50, key: 16, records: 684, bytes: 51_192 },
    { data: 100, key: 16, records: 410, bytes: 51_142 },
    { data: 100, key: 36, records: 353, bytes: 51_077 },
    { data: 200, key: 36, records: 207, bytes: 51_021 },
    { data: 200, key: 36, distinct: 10, records: 244, bytes: 51_152 },
    { data: 500, key: 36, records: 93, bytes: 50_798 },
    { data: 1_024, key: 36, records: 47, bytes: 50_310 },
  ])("holds $records records of $data B under keys of $key B", ({ data, key, distinct, records, bytes }) => {
    const shape = { dataBytes: data, keyBytes: key, distinctKeys: distinct };
    expect(recordsPerAggregate(shape, MAX_SIZE)).toBe(records);
    expect(aggregateBytes(shape, records)).toBe(bytes);
    expect(chargedAggregateBytes(shape, records)).toBe(bytes + 1);
    expect(aggregateBytes(shape, records + 1)).toBeGreaterThan(MAX_SIZE);
  });

  it.each([51_200, 60_000, 1_000_000])("of records of %d B is a record as it is", (data) => {
    expect(recordsPerAggregate({ dataBytes: data, keyBytes: 36 }, MAX_SIZE)).toBe(1);
  });

  it("holds the most records that fit, to the byte", () => {
    const shape = { dataBytes: 100, keyBytes: 16 };
    expect(recordsPerAggregate(shape, aggregateBytes(shape, 9))).toBe(9);
    expect(recordsPerAggregate(shape, aggregateBytes(shape, 9) - 1)).toBe(8);
    expect(recordsPerAggregate(shape, aggregateBytes(shape, 2))).toBe(2);
    expect(recordsPerAggregate(shape, aggregateBytes(shape, 2) - 1)).toBe(1);
    expect(recordsPerAggregate(shape, 1)).toBe(1);
  });
});

describe("an aggregate written by hand", () => {
  it("of three records under three keys has the predicted length", () => {
    const message = [
      // Field 1, the key table: key-1, key-2, key-3.
      ...[0x0a, 5, 0x6b, 0x65, 0x79, 0x2d, 0x31],
      ...[0x0a, 5, 0x6b, 0x65, 0x79, 0x2d, 0x32],
      ...[0x0a, 5, 0x6b, 0x65, 0x79, 0x2d, 0x33],
      // Field 3, the records: the key's index (field 1) and the data (field 3), "hello" and two more.
      ...[0x1a, 9, 0x08, 0, 0x1a, 5, 0x68, 0x65, 0x6c, 0x6c, 0x6f],
      ...[0x1a, 9, 0x08, 1, 0x1a, 5, 0x77, 0x6f, 0x72, 0x6c, 0x64],
      ...[0x1a, 9, 0x08, 2, 0x1a, 5, 0x61, 0x67, 0x61, 0x69, 0x6e],
    ];
    const blob = sealed(message);
    expect(blob).toHaveLength(74);
    expect(aggregateBytes({ dataBytes: 5, keyBytes: 5 }, 3)).toBe(74);
  });

  it("of three records under one key names the key once", () => {
    const message = [
      ...[0x0a, 5, 0x6b, 0x65, 0x79, 0x2d, 0x31],
      ...[0x1a, 9, 0x08, 0, 0x1a, 5, 0x68, 0x65, 0x6c, 0x6c, 0x6f],
      ...[0x1a, 9, 0x08, 0, 0x1a, 5, 0x77, 0x6f, 0x72, 0x6c, 0x64],
      ...[0x1a, 9, 0x08, 0, 0x1a, 5, 0x61, 0x67, 0x61, 0x69, 0x6e],
    ];
    expect(aggregateBytes({ dataBytes: 5, keyBytes: 5, distinctKeys: 1 }, 3)).toBe(sealed(message).length);
  });

  it("of three records with longer lengths takes two bytes for each of them", () => {
    const data = Array.from({ length: 200 }, () => 0x78);
    // 205 = 2 of index, 1 of tag, 2 of length, 200 of data; 205 and 200 as base-128 digits, low digit first.
    const record = (index: number): number[] => [0x1a, 0xcd, 0x01, 0x08, index, 0x1a, 0xc8, 0x01, ...data];
    const keys = [0x31, 0x32, 0x33].flatMap((digit) => [0x0a, 1, digit]);
    const blob = sealed([...keys, ...record(0), ...record(1), ...record(2)]);
    expect(aggregateBytes({ dataBytes: 200, keyBytes: 1 }, 3)).toBe(blob.length);
  });
});

describe("aggregateBytes", () => {
  it("is the length of the encoded message, whatever the shape", () => {
    const lengths = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 16_370, max: 16_400 }));
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 256 }), fc.integer({ min: 2, max: 300 }), (data, key, count) => {
        const message = [
          ...Array.from({ length: count }, () => field(key)),
          ...Array.from({ length: count }, (_, index) => field(1 + digitsOf(index) + field(data))),
        ];
        const bytes = MAGIC.length + message.reduce((total, length) => total + length, 0) + MD5_BYTES;
        expect(aggregateBytes({ dataBytes: data, keyBytes: key }, count)).toBe(bytes);
      }),
      { numRuns: 200, seed: 20_261_122 },
    );
  });
});

/** The blob that the KPL sends: magic, message, MD5 of the message. */
function sealed(message: readonly number[]): Uint8Array {
  const digest = createHash("md5").update(Uint8Array.from(message)).digest();
  return Uint8Array.from([...MAGIC, ...message, ...digest]);
}

/** Length of a field: its tag (one byte for the fields in use here), its length prefix and its content. */
function field(contentLength: number): number {
  return 1 + digitsOf(contentLength) + contentLength;
}

/** Base-128 digits of a whole number. */
function digitsOf(value: number): number {
  return Math.max(1, Math.ceil(value.toString(2).length / 7));
}
