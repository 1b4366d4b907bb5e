/*
 * Consumers along a plan: the workers that CPU asks for between one call and the next, never more than shards.
 */
import { type Staffing, staffConsumer } from "../../sizing/consumers.js";
import type { PeakRates } from "../../sizing/demand.js";
import type { ShardNeeds } from "../../sizing/shard-needs.js";
import { secondsPerMinute } from "../../units/dimension.js";
import { formatClock } from "../../units/format-quantity.js";
import type { Consumer } from "../../workload/schema.js";
import type { ReshardStep } from "./plan-reshards.js";

/** What runs from a time on until the next such entry. */
export interface ConsumerStep extends Staffing {
  readonly at: string;
  readonly atSeconds: number;
  /** The fewest that are open meanwhile. */
  readonly shards: number;
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
        ...staffConsumer(consumer, peaks[index] as PeakRates, shards),
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
