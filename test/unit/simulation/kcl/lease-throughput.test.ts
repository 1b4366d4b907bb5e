/*
 * What KCL 3 workers write into the lease table about how much a lease carries.
 */
import { describe, expect, it } from "vitest";
import type { KclModel } from "../../../../src/simulation/kcl/kcl-model.js";
import type { KclWorker, LeaseRow } from "../../../../src/simulation/kcl/lease-table.js";
import { LeaseThroughput } from "../../../../src/simulation/kcl/lease-throughput.js";

const RENEWAL = 3;
const KIB = 1_024;

/** Renewed every 3 s, with half the weight on the newest. */
const model = { renewalSeconds: RENEWAL, metrics: { smoothing: 0.5 } } as KclModel;

/** A row that is owned by a worker from the start, with records of 1 KiB. */
function rowWrittenAt(writtenSeconds: number) {
  const owner = { index: 0, startSeconds: 0, endSeconds: Number.POSITIVE_INFINITY } as KclWorker;
  const reader = { processed: 0 };
  const lease = { reader, log: { bytes: 1_000 * KIB, records: 1_000 } };
  const row = { lease, owner, isAccepted: true, handOff: undefined, writtenSeconds } as unknown as LeaseRow;
  return { row, owner, reader };
}

describe("the throughput of a lease", () => {
  it("is not known before a record is processed", () => {
    const throughput = new LeaseThroughput(model);
    const { row } = rowWrittenAt(0);
    expect(throughput.of(row)).toBeUndefined();
    throughput.sample([row], 30);
    expect(throughput.of(row)).toBeUndefined();
  });

  it("is that since the last renewal, smoothed by each", () => {
    const throughput = new LeaseThroughput(model);
    const { row, reader } = rowWrittenAt(0);
    reader.processed = 300;
    throughput.sample([row], RENEWAL);
    expect(throughput.of(row)).toBeCloseTo(100, 9);
    reader.processed += 600;
    throughput.sample([row], 3 * RENEWAL);
    // Two renewals of 100 KiB/s change nothing; then two of none leave a quarter.
    expect(throughput.of(row)).toBeCloseTo(100, 9);
    throughput.sample([row], 5 * RENEWAL);
    expect(throughput.of(row)).toBeCloseTo(25, 9);
  });

  it("of a child is averaged from when its lease was written, not from the start of the run", () => {
    const throughput = new LeaseThroughput(model);
    const { row, reader } = rowWrittenAt(600);
    reader.processed = 1_000;
    throughput.sample([row], 610);
    expect(throughput.of(row)).toBeCloseTo(100, 9);
  });

  it("stays as it was where nobody renews it", () => {
    const throughput = new LeaseThroughput(model);
    const { row, owner, reader } = rowWrittenAt(0);
    reader.processed = 300;
    throughput.sample([row], RENEWAL);
    owner.endSeconds = RENEWAL + 1;
    throughput.sample([row], 100);
    expect(throughput.of(row)).toBeCloseTo(100, 9);
  });

  it("is spread over a renewal for a new owner, who measures from then on", () => {
    const throughput = new LeaseThroughput(model);
    const { row, reader } = rowWrittenAt(0);
    reader.processed = 300;
    throughput.sample([row], RENEWAL);
    throughput.seed(row, 10);
    expect(throughput.of(row)).toBeCloseTo(100 / RENEWAL, 9);
    reader.processed += 300;
    throughput.sample([row], 10 + RENEWAL);
    expect(throughput.of(row)).toBeCloseTo((100 / RENEWAL + 100) / 2, 9);
  });
});
