import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceCatalogue, simulate, size, type Workload } from "../../src/index.js";
import { oneWorkload } from "../one-workload.js";

/*
 * Arithmetic and events know nothing of each other, so each checks the other: where a write limit binds, keys are even and shards are
 * planned to be 85 % full or less, the recommended count refuses nothing, and one below the minimum does.
 */

const seed = Number(process.env["SEED"] ?? 20_261_122);

interface StreamDraft {
  readonly recordsPerSecond: number;
  readonly recordBytes: number;
  readonly utilization: number;
  readonly retry: string;
  readonly putBatch: number | null;
}

const stream: fc.Arbitrary<StreamDraft> = fc.record({
  recordsPerSecond: fc.integer({ min: 1_100, max: 60_000 }),
  recordBytes: fc.integer({ min: 60, max: 8_000 }),
  utilization: fc.integer({ min: 50, max: 85 }),
  retry: fc.constantFrom("none", "sdk", "kpl"),
  putBatch: fc.option(fc.integer({ min: 1, max: 20 })),
});

const textOf = ({ recordsPerSecond, recordBytes, utilization, retry, putBatch }: StreamDraft): string => `
version: 1
stream: {name: s, utilization: ${utilization}%}
producers: [{name: p, records: ${recordsPerSecond}/s, recordSize: ${recordBytes} B, retry: ${retry}${putBatch === null ? "" : `, putBatch: ${putBatch}`}}]
`;

const catalogue = new ServiceCatalogue();
const attachments = { traces: new Map(), weights: new Map() };

/** Put attempts that are refused in a while on so many shards. */
function refused(workload: Workload, shards: number, runSeed: number): number {
  const { summary } = simulate(
    { ...workload, stream: { ...workload.stream, shards } },
    { attachments, catalogue, seed: runSeed, fidelity: "auto", seconds: 1_800 },
  );
  return summary.throttledRecords;
}

describe("size and simulate", () => {
  it("agree on what is enough, and what is not", async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 1, max: 1_000 }), async (from, runSeed) => {
        const workload = await oneWorkload(textOf(from));
        const { shards } = size(workload, { facts: catalogue.forRegion("us-east-1"), attachments });
        fc.pre(shards.minimum >= 2 && shards.minimum <= 100);
        expect(refused(workload, shards.recommended, runSeed)).toBe(0);
        expect(refused(workload, shards.minimum - 1, runSeed)).toBeGreaterThan(0);
      }),
      { numRuns: 40, seed },
    );
  });
});
