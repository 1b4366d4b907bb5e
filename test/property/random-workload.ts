/*
 * Random workloads for comparing and for laws: the same workload as the text of a file, with every quantity in one of its
 * spellings, and as plain numbers.
 */
import fc from "fast-check";
import type { PlainWorkload } from "./contract-calculator.js";

/** A value in its base unit, and one of the ways to write it. */
interface Spelled {
  readonly value: number;
  readonly text: string;
}

/** What a workload document holds: quantities keep their spelling. */
type Written = Spelled | string | number | readonly Written[] | { readonly [key: string]: Written | undefined };

/** The decimal text of `digits` / 10^places, exactly. */
function decimal(digits: bigint, places: number): string {
  const padded = digits.toString().padStart(places + 1, "0");
  const fraction = padded.slice(padded.length - places).replace(/0+$/, "");
  const whole = padded.slice(0, padded.length - places);
  return places === 0 || fraction === "" ? whole : `${whole}.${fraction}`;
}

/** Writes `digits` / 10^places base units. */
type Spelling = (digits: bigint, places: number) => string;

/** The value times a whole number, with its decimal point moved to the left. */
export function as(unit: string, { times = 1, moved = 0 }: { times?: number; moved?: number } = {}): Spelling {
  return (digits, places) => decimal(digits * BigInt(times), places + moved) + unit;
}

/** The value divided by a power of two, which is a finite decimal as well. */
export function binary(unit: string, power: number): Spelling {
  return (digits, places) => decimal(digits * 5n ** BigInt(power), places + power) + unit;
}

/** Quantities of `digits` / 10^places base units in some spelling; texts with a unit may stand in quotes. */
function spelled(digits: fc.Arbitrary<number>, places: number, spellings: readonly Spelling[]): fc.Arbitrary<Spelled> {
  return fc.tuple(digits, fc.constantFrom(...spellings), fc.constantFrom("", '"', "'")).map(([count, spell, quote]) => {
    const text = spell(BigInt(count), places);
    return { value: count / 10 ** places, text: /^[\d.]+$/.test(text) ? text : `${quote}${text}${quote}` };
  });
}

/** Whole numbers whose magnitudes are spread evenly, with round ones among them. */
function magnitudes(least: number, most: number): fc.Arbitrary<number> {
  const within = (value: number): number => Math.min(most, Math.max(least, value));
  const any = fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true }).map((power) => Math.exp(power));
  const round = fc
    .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 9 }))
    .map(([digit, zeros]) => digit * 10 ** zeros);
  return fc.oneof({ weight: 3, arbitrary: any }, { weight: 1, arbitrary: round }).map((value) => {
    return within(Math.round(value));
  });
}

const rate = spelled(fc.oneof({ weight: 20, arbitrary: magnitudes(100, 300_000_000) }, fc.constant(0)), 3, [
  as(""),
  as("/s"),
  as(" / sec"),
  as("k/s", { moved: 3 }),
  as(" K/second", { moved: 3 }),
  as("/min", { times: 60 }),
  as("/h", { times: 3_600 }),
  as("/day", { times: 86_400 }),
  as("M/day", { times: 86_400, moved: 6 }),
  as(" /week", { times: 604_800 }),
  as("/month", { times: 2_628_000 }),
  (digits, places) => `${digits}e-${places}/s`,
]);

const byteSpellings = [
  as(""),
  as(" B"),
  as("B"),
  as(" KB", { moved: 3 }),
  as("kB", { moved: 3 }),
  as(" MB", { moved: 6 }),
  binary(" KiB", 10),
  binary("MiB", 20),
  binary(" GiB", 30),
];

/** Whole bytes and quarters of one: sums of them are exact. */
function bytes(least: number, most: number): fc.Arbitrary<Spelled> {
  const quarters = magnitudes(least * 4, most * 4).map((count) => count * 25);
  return fc.oneof(
    { weight: 3, arbitrary: spelled(magnitudes(least, most), 0, byteSpellings) },
    { weight: 1, arbitrary: spelled(quarters, 2, byteSpellings) },
  );
}

function microseconds(least: number, most: number): fc.Arbitrary<Spelled> {
  return spelled(magnitudes(least, most), 6, [
    as(""),
    as("s"),
    as(" sec"),
    (digits) => `${digits} us`,
    (digits) => `${digits}µs`,
    (digits) => `${decimal(digits, 3)} ms`,
    (digits) => `${digits / 1_000n}ms ${digits % 1_000n}us`,
  ]);
}

function minutes(least: number, most: number): fc.Arbitrary<Spelled> {
  const seconds = magnitudes(least, most).map((count) => count * 60);
  return spelled(seconds, 0, [
    as(""),
    as("s"),
    as("000 ms"),
    (digits) => `${digits / 60n}m`,
    (digits) => `${digits / 60n} min`,
    (digits) => `${digits / 3_600n}h${(digits % 3_600n) / 60n}m`,
    (digits) => `${digits / 86_400n}d ${(digits % 86_400n) / 60n} min`,
  ]);
}

/** Ratios in hundredths of a per cent. */
function ratio(least: number): fc.Arbitrary<Spelled> {
  const spellings = [
    as(""),
    (digits: bigint) => `${decimal(digits, 2)}%`,
    (digits: bigint) => `${decimal(digits, 2)} %`,
  ];
  const digits = fc.oneof(fc.integer({ min: least, max: 10_000 }), fc.constantFrom(3_700, 6_130, 8_000, 10_000));
  return spelled(digits, 4, spellings);
}

function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

const bareNumber = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<Spelled> =>
  arbitrary.map((value) => ({ value, text: String(value) }));

const aggregation = fc.oneof(
  fc.record({
    recordsPerBatch: bareNumber(
      fc.oneof(
        fc.integer({ min: 1, max: 400 }),
        // Between 1 and 2 a mean says nothing of how many records travel alone.
        fc.integer({ min: 200, max: 30_000 }).map((hundredths) => hundredths / 100),
      ),
    ),
    keySize: maybe(bytes(1, 256)),
  }),
  fc.record({
    maxSize: bytes(64, 60_000),
    keySize: maybe(bytes(1, 256)),
    distinctKeys: maybe(bareNumber(fc.integer({ min: 1, max: 100 }))),
  }),
);

const producer = fc
  .record({
    records: rate,
    recordSize: fc.oneof({ weight: 3, arbitrary: bytes(36, 4_000) }, { weight: 1, arbitrary: bytes(1, 1_048_576) }),
    recordSizeMax: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, bytes(1_000, 2_000_000)),
    aggregation: maybe(aggregation),
  })
  .map(({ recordSize, recordSizeMax, aggregation: batch, ...rest }) => {
    const key = batch?.keySize;
    // The format refuses a key or a mean that is larger than what it is part of.
    const fits = key === undefined || key.value <= recordSize.value;
    const isLargest = recordSizeMax === undefined || recordSizeMax.value >= recordSize.value;
    return {
      ...rest,
      recordSize,
      recordSizeMax: isLargest ? recordSizeMax : undefined,
      aggregation: fits ? batch : undefined,
    };
  });

const consumer = fc.record({
  kind: fc.constantFrom("kcl", "lambda", "firehose", "flink", "sdk"),
  read: maybe(fc.constantFrom("shared", "fan-out")),
  cpuPerRecord: maybe(microseconds(1, 50_000)),
  timePerRecord: maybe(microseconds(1, 50_000)),
  worker: maybe(
    fc.record({
      vcpus: maybe(bareNumber(fc.constantFrom(0.25, 0.5, 1, 2, 4, 16, 96))),
      targetCpu: maybe(ratio(500)),
    }),
  ),
  standby: maybe(bareNumber(fc.integer({ min: 0, max: 20 }))),
  pollInterval: maybe(microseconds(200_000, 60_000_000)),
  parallelization: maybe(bareNumber(fc.integer({ min: 1, max: 10 }))),
  recovery: maybe(fc.record({ outage: minutes(1, 3_000), within: minutes(1, 3_000) })),
});

/** A workload with every quantity in some spelling. */
export const draft = fc.record({
  region: maybe(fc.constantFrom("us-east-1", "eu-west-1")),
  mode: maybe(fc.constantFrom("provisioned", "on-demand", "on-demand-advantage")),
  shards: maybe(bareNumber(magnitudes(1, 5_000))),
  retention: maybe(minutes(1_440, 525_600)),
  utilization: maybe(ratio(500)),
  maxRecordSize: maybe(bytes(1_048_576, 10_485_760)),
  producers: fc.array(producer, { minLength: 1, maxLength: 4 }),
  consumers: fc.array(consumer, { maxLength: 4 }),
  hottest: maybe(fc.tuple(fc.nat(), fc.oneof(ratio(1), spelled(magnitudes(1, 10_000), 6, [as("")])))),
  judged: maybe(magnitudes(1, 5_000)),
});

export type Draft = typeof draft extends fc.Arbitrary<infer T> ? T : never;

const value = (quantity: Spelled | undefined): number | undefined => quantity?.value;

/** Which of the producers has a hottest key, and its share. */
function hottestOf({ hottest, producers }: Draft, index: number): Spelled | undefined {
  return hottest !== undefined && hottest[0] % producers.length === index ? hottest[1] : undefined;
}

/** The same workload in plain numbers of the base units. */
export function toPlain(from: Draft): PlainWorkload {
  return {
    region: from.region ?? "us-east-1",
    mode: from.mode ?? "provisioned",
    shards: value(from.shards),
    retention: value(from.retention) ?? 86_400,
    utilization: value(from.utilization) ?? 0.8,
    maxRecordSize: value(from.maxRecordSize) ?? 1_048_576,
    producers: from.producers.map((one, index) => ({
      name: `p${index}`,
      records: one.records.value,
      recordSize: one.recordSize.value,
      recordSizeMax: value(one.recordSizeMax),
      aggregation: one.aggregation && plainNumbers(one.aggregation),
      hottest: value(hottestOf(from, index)),
    })),
    consumers: from.consumers.map((one, index) => ({
      name: `c${index}`,
      kind: one.kind,
      read: one.read,
      cpuPerRecord: value(one.cpuPerRecord),
      timePerRecord: value(one.timePerRecord),
      vcpus: value(one.worker?.vcpus),
      targetCpu: value(one.worker?.targetCpu),
      standby: value(one.standby),
      pollInterval: value(one.pollInterval),
      parallelization: value(one.parallelization),
      recovery: one.recovery && { outage: one.recovery.outage.value, within: one.recovery.within.value },
    })),
  };
}

function plainNumbers(quantities: Readonly<Record<string, Spelled | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(quantities).flatMap(([key, quantity]) => (quantity === undefined ? [] : [[key, quantity.value]])),
  );
}

/** The workload as a file. */
export function toText(from: Draft): string {
  const { region, mode, shards, retention, utilization, maxRecordSize } = from;
  const producers = from.producers.map((one, index) => {
    const hottest = hottestOf(from, index);
    return { name: `p${index}`, ...one, keys: hottest && { hottest } };
  });
  const consumers = from.consumers.map((one, index) => ({ name: `c${index}`, ...one }));
  const stream = { name: "s", region, mode, shards, retention, utilization, maxRecordSize };
  return [
    "version: 1",
    `stream: ${flow(stream)}`,
    "producers:",
    ...producers.map((one) => block(one)),
    ...(consumers.length === 0 ? [] : ["consumers:", ...consumers.map((one) => block(one))]),
    "",
  ].join("\n");
}

function isSpelled(written: Written): written is Spelled {
  return typeof written === "object" && "text" in written && "value" in written;
}

function present(mapping: Readonly<Record<string, Written | undefined>>): [string, Written][] {
  return Object.entries(mapping).filter((entry): entry is [string, Written] => entry[1] !== undefined);
}

function flow(written: Written): string {
  if (typeof written === "string" || typeof written === "number") return String(written);
  if (isSpelled(written)) return written.text;
  const entries = present(written as Readonly<Record<string, Written | undefined>>);
  return `{${entries.map(([key, item]) => `${key}: ${flow(item)}`).join(", ")}}`;
}

function block(mapping: Readonly<Record<string, Written | undefined>>): string {
  return present(mapping)
    .map(([key, item], index) => `${index === 0 ? "  - " : "    "}${key}: ${flow(item)}`)
    .join("\n");
}
