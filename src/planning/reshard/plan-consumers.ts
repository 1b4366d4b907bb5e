/*
 * Consumers along a plan: the workers that CPU asks for between one call and the next, never more than shards.
 */
import { parallelBatches, processingTime, workersForCpu } from "../../sizing/constraints.js";
import type { PeakRates } from "../../sizing/demand.js";
import type { ShardNeeds } from "../../sizing/shard-needs.js";
import { secondsPerMinute } from "../../units/dimension.js";
import { formatClock } from "../../units/format-quantity.js";
import { ceilTolerant } from "../../units/rounding.js";
import type { Consumer } from "../../workload/schema.js";
import type { ReshardStep } from "./plan-reshards.js";

/** What runs from a time on until the next such entry. Counts are null where nothing is said of the CPU that a record takes. */
export interface ConsumerStep {
  readonly at: string;
  readonly atSeconds: number;
  /** The fewest that are open meanwhile. */
  readonly shards: number;
  readonly workersForCpu: number | null;
  readonly workers: number | null;
  /** Whether there are fewer shards than workers that CPU asks for. */
  readonly capped: boolean;
  /** Lambda only: invocations at a time. */
  readonly concurrency?: { readonly needed: number | null; readonly limit: number };
}

export interface ConsumerPlan {
  readonly name: string;
  readonly kind: Consumer["kind"];
  readonly steps: readonly ConsumerStep[];
}

/** A span of time with the same shards. */
interface Spell {
  readonly from: number;
  readonly to: number;
  readonly shards: number;
}

/** What each consumer runs along a plan. */
export function planConsumers(
  consumers: readonly Consumer[],
  needs: ShardNeeds,
  plan: { readonly startShards: number; readonly steps: readonly ReshardStep[]; readonly horizonSeconds: number },
): ConsumerPlan[] {
  const spells = spellsOf(plan);
  const peaks = spells.map(({ from, to }) => peakOf(needs, from, to));
  return consumers.map((consumer): ConsumerPlan => {
    const steps = spells.map(
      ({ from, shards }, index): ConsumerStep => ({
        at: formatClock(from),
        atSeconds: from,
        shards,
        ...staffing(consumer, peaks[index] as PeakRates, shards),
      }),
    );
    return { name: consumer.name, kind: consumer.kind, steps: steps.filter((step, at) => !isAs(step, steps[at - 1])) };
  });
}

/** From each call to the next, the smaller of the counts that are open meanwhile. */
function spellsOf({
  startShards,
  steps,
  horizonSeconds,
}: {
  readonly startShards: number;
  readonly steps: readonly ReshardStep[];
  readonly horizonSeconds: number;
}): Spell[] {
  const first = { from: 0, to: steps[0]?.atSeconds ?? horizonSeconds, shards: startShards };
  const later = steps.map(({ atSeconds, from, to }, index) => ({
    from: atSeconds,
    to: steps[index + 1]?.atSeconds ?? horizonSeconds,
    shards: Math.min(from, to),
  }));
  return [first, ...later].filter(({ from, to }) => to > from);
}

function peakOf({ shards, demandAt }: ShardNeeds, from: number, to: number): PeakRates {
  const until = Math.min(shards.length, Math.ceil(to / secondsPerMinute));
  let [recordsPerSecondPeak, kinesisRecordsPerSecondPeak, bytesPerSecondPeak] = [0, 0, 0];
  for (let minute = Math.floor(from / secondsPerMinute); minute < until; minute += 1) {
    const demand = demandAt(minute);
    recordsPerSecondPeak = Math.max(recordsPerSecondPeak, demand.recordsPerSecondPeak);
    kinesisRecordsPerSecondPeak = Math.max(kinesisRecordsPerSecondPeak, demand.kinesisRecordsPerSecondPeak);
    bytesPerSecondPeak = Math.max(bytesPerSecondPeak, demand.bytesPerSecondPeak);
  }
  return { recordsPerSecondPeak, kinesisRecordsPerSecondPeak, bytesPerSecondPeak };
}

function staffing(
  consumer: Consumer,
  peak: PeakRates,
  shards: number,
): Pick<ConsumerStep, "workersForCpu" | "workers" | "capped" | "concurrency"> {
  const wanted = workersForCpu(consumer, peak);
  const counts = {
    workersForCpu: wanted,
    workers: wanted === null ? null : Math.min(wanted, shards),
    capped: wanted !== null && wanted > shards,
  };
  if (consumer.kind !== "lambda") return counts;
  const time = processingTime(consumer);
  const needed = time === undefined ? null : ceilTolerant(peak.recordsPerSecondPeak * time);
  return { ...counts, concurrency: { needed, limit: shards * parallelBatches(consumer) } };
}

/** Whether nothing changes for the consumer. */
function isAs(step: ConsumerStep, before: ConsumerStep | undefined): boolean {
  return (
    before !== undefined &&
    step.workersForCpu === before.workersForCpu &&
    step.workers === before.workers &&
    step.concurrency?.needed === before.concurrency?.needed &&
    step.concurrency?.limit === before.concurrency?.limit
  );
}
