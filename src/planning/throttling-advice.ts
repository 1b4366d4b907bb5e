/*
 * What to do about refused records. More shards help where there are fewer than the traffic needs, and `size` says how many; it does
 * not look at the scenario, so where that has made the traffic or taken the shards, the advice says so. Where there are enough
 * shards, one of them has more than its part: by keys, by unequal widths, or by chance.
 */
import { onDemandCapacity } from "../simulation/on-demand-model.js";
import type { SimulationRun } from "../simulation/simulate.js";
import type { TimelineRow } from "../simulation/timeline.js";
import { capacityModes } from "../sizing/cost.js";
import { type Sizing, size } from "../sizing/size.js";
import { secondsPerMinute } from "../units/dimension.js";
import { formatByteRate, formatClock, formatItems } from "../units/format-quantity.js";
import { sumOf } from "../units/sum-of.js";
import { isReshard } from "../workload/reshard-event.js";
import type { CapacityMode, ScenarioEvent, Workload } from "../workload/schema.js";
import { overlap } from "./consumer-limit.js";
import type { RunSetting } from "./run-setting.js";
import { shardsThatCarry } from "./stream-start.js";

/** What is refused is put down to the scenario's traffic from this share of it on. */
const MOSTLY = 0.9;
/** Refused records are put again for so long after the traffic that they came with. */
const RETRY_SECONDS = 60;

/** After a reshard operation it takes about so long until the KPL knows the shards and what was refused meanwhile got in. */
const REFRESH_SECONDS = 5;

type TrafficEvent = Extract<ScenarioEvent, { event: "traffic" }>;

/** @param worst the row with the minute in which most was refused */
export function adviseOnThrottling(worst: TimelineRow, run: SimulationRun, setting: RunSetting): string {
  const { workload } = setting;
  const planned = sizeOf(workload, setting);
  if (planned.diagnostics.some(({ code }) => code === "hot-key"))
    return "spread the hottest partition key over several: one shard takes it whole, whatever their number";
  const tooLarge = planned.diagnostics.find(({ code }) => code === "record-too-large");
  if (tooLarge?.fix !== undefined) return tooLarge.fix;
  if (modeAt(worst, run, setting) !== "provisioned") return adviseOnDemand(worst, run, setting);
  const open = openShardsAt(worst, run, setting);
  const byTraffic = trafficBehind(run, workload.scenario);
  if (byTraffic !== undefined) {
    const sized = sizeOf(withBursts(workload), setting);
    if (open < writeShards(sized)) return adviseOnTraffic(byTraffic, open, sized.shards.recommended, planned);
  }
  const operations = operationsBehind(run, workload);
  if (operations > 0)
    return `reshard while there is less traffic: until the KPL knows the new shards after ${operations === 1 ? "the operation" : `each of the ${operations} operations`}, it sends every record by itself and past its rate limiter`;
  if (open >= writeShards(planned)) return adviseOnEnough(worst, open, run, workload);
  return adviseOnTooFew(worst, open, planned, run, setting);
}

/** The mode in force at the start of a row. */
function modeAt({ at }: TimelineRow, { events }: SimulationRun, { workload: { stream } }: RunSetting): CapacityMode {
  const last = events.findLast((one) => one.event === "mode-changed" && one.at <= at);
  return capacityModes.find((mode) => last?.subject.endsWith(` → ${mode}`)) ?? stream.mode;
}

/** What would have made an on-demand stream ready for its traffic. */
function adviseOnDemand(worst: TimelineRow, run: SimulationRun, setting: RunSetting): string {
  const { workload, facts } = setting;
  const capacity = onDemandCapacity(facts);
  const sized = sizeOf(withBursts(workload), setting);
  const carrying = shardsThatCarry(sized.demand, capacity);
  const needed = Math.min(capacity.shardsMax, evenShards(sized));
  const open = openShardsAt(worst, run, setting);
  if (carrying > capacity.shardsMax)
    return `ask AWS for a higher on-demand limit in ${facts.region}: such traffic takes ${formatItems(carrying, "shard")}, more than the ${capacity.shardsMax} that an on-demand stream there has at most`;
  if (open >= needed)
    return `spread the stream's keys: ${formatItems(open, "shard")} ${open === 1 ? "is" : "are"} enough for their sum, and the service splits a shard that has more than its part within 15 minutes, but no key`;
  const rate = formatByteRate(needed * facts.value("advantage.warmBytesPerSecondPerShard"));
  const keys = hasKeys(workload) ? ", or spread its keys" : "";
  return `have ${formatItems(needed, "shard")} before such traffic: by warm throughput of ${rate} (on-demand Advantage), or by resharding in provisioned mode and a change back to on-demand; or let traffic grow no more than twofold within 15 minutes${keys}`;
}

function sizeOf(workload: Workload, { facts, attachments }: RunSetting): Sizing {
  return size(workload, { facts, attachments });
}

/** The shards that writing asks for, reads and processing left out. */
function writeShards(sizing: Sizing): number {
  return Math.max(evenShards(sizing), ...shardsFor(sizing, /^hot-shard$/));
}

/** The same for keys that spread evenly. */
function evenShards(sizing: Sizing): number {
  return Math.max(1, ...shardsFor(sizing, /^write-/));
}

function shardsFor({ shards }: Sizing, names: RegExp): number[] {
  return shards.constraints.filter(({ name }) => names.test(name)).map(({ recommended }) => recommended ?? 0);
}

/** The fewest shards at an end of a row: reshards happen within it. */
function openShardsAt(row: TimelineRow, { timeline }: SimulationRun, { choices }: RunSetting): number {
  const before = timeline[timeline.indexOf(row) - 1]?.openShards ?? choices.shardCount;
  return Math.min(before, row.openShards);
}

/** The first event of more traffic, where nearly all that is refused is so in such traffic. */
function trafficBehind({ timeline, summary }: SimulationRun, scenario: Workload["scenario"]): TrafficEvent | undefined {
  const events = scenario.filter((event): event is TrafficEvent => event.event === "traffic" && event.factor > 1);
  const within = timeline.filter((row) =>
    events.some(({ at, lasts }) => overlap({ at, lasts: lasts + RETRY_SECONDS }, row) > 0),
  );
  const refused = sumOf(within, ({ throttledRecords }) => throttledRecords);
  if (refused < MOSTLY * summary.throttledRecords) return undefined;
  return events
    .toSorted((a, b) => a.at - b.at)
    .find((event) => within.some((row) => row.throttledRecords > 0 && overlap(event, row) > 0));
}

/**
 * How many reshard operations there were, where nearly all minutes with refusals are theirs and the KPL aggregates; else 0. They make its
 * shard map stale.
 */
function operationsBehind({ events, minutes: { throttled } }: SimulationRun, { producers }: Workload): number {
  if (!producers.some(({ aggregation, retry }) => aggregation !== undefined && retry === "kpl")) return 0;
  const operations = events.filter(({ event }) => event === "shard-split" || event === "shards-merged");
  const busy = new Set(
    operations.flatMap(({ at }) => [at, at + REFRESH_SECONDS].map((second) => Math.floor(second / secondsPerMinute))),
  );
  // Records by themselves outnumber aggregates, so that other minutes would count for little.
  const minutes = [...throttled.keys()].filter((minute) => (throttled[minute] as number) > 0);
  const within = minutes.filter((minute) => busy.has(minute));
  return within.length >= MOSTLY * minutes.length ? operations.length : 0;
}

/** The workload with the scenario's traffic where `size` sees it. */
function withBursts(workload: Workload): Workload {
  const bursts = workload.scenario
    .filter((event) => event.event === "traffic")
    .map(({ at, factor, lasts }) => ({ at, factor, lasts }));
  return {
    ...workload,
    producers: workload.producers.map((producer) => ({ ...producer, bursts: [...producer.bursts, ...bursts] })),
  };
}

function adviseOnTraffic({ at }: TrafficEvent, open: number, needed: number, planned: Sizing): string {
  const also = open < writeShards(planned) ? `; without it, \`size\` recommends ${planned.shards.recommended}` : "";
  return `have ${formatItems(needed, "shard")} before the scenario's traffic at ${formatClock(at)}, which \`size\` counts only as \`bursts\` of the producers${also}`;
}

function adviseOnTooFew(
  worst: TimelineRow,
  open: number,
  planned: Sizing,
  run: SimulationRun,
  { workload: { scenario }, choices }: RunSetting,
): string {
  const wanted = formatItems(planned.shards.recommended, "shard");
  const last = lastReshard(scenario, worst);
  if (last !== undefined && open < choices.shardCount)
    return `keep the ${wanted} that \`size\` recommends: the scenario's ${last.event} at ${formatClock(last.at)} leaves ${open}`;
  const later = run.timeline.slice(run.timeline.indexOf(worst));
  if (later.some(({ openShards }) => openShards > open))
    return `reshard earlier, or start with the ${wanted} that \`size\` recommends instead of ${choices.shardCount}`;
  const even = evenShards(planned);
  const keys = even < writeShards(planned) ? `, or spread its keys: ${even} would do if they were even` : "";
  return `give the stream the ${wanted} that \`size\` recommends instead of ${open}${keys}`;
}

/** The last event before the end of a row that changes shards. */
function lastReshard(scenario: Workload["scenario"], { at, seconds }: TimelineRow): ScenarioEvent | undefined {
  return scenario
    .filter((event) => isReshard(event) && event.at < at + seconds)
    .toSorted((a, b) => a.at - b.at)
    .at(-1);
}

/** Refused although there are as many shards as `size` recommends. */
function adviseOnEnough(worst: TimelineRow, open: number, { events }: SimulationRun, workload: Workload): string {
  const last = lastReshard(workload.scenario, worst);
  const isUneven = last !== undefined && last.event !== "reshard";
  if (isUneven)
    return `make the shards equal again with UpdateShardCount: the scenario's ${last.event} at ${formatClock(last.at)} leaves one with more than its part`;
  const end = worst.at + worst.seconds;
  const started = events.findLast(({ at, event }) => event === "reshard-started" && at < end);
  const isOver = events.some(
    ({ at, event }) => event === "reshard-finished" && at >= (started?.at ?? 0) && at < worst.at,
  );
  if (started !== undefined && !isOver)
    return "reshard while there is more headroom: shards are of unequal width on the way";
  const enough = `${formatItems(open, "shard")} ${open === 1 ? "is" : "are"} enough for`;
  if (hasKeys(workload)) return `spread the stream's keys: ${enough} their sum, but one gets more than its part`;
  return `lower \`utilization\`, so that \`size\` leaves room for bursts, or put records more evenly, in smaller calls: ${enough} the mean`;
}

/** Whether keys are stated; without them load spreads evenly. */
function hasKeys({ producers }: Workload): boolean {
  return producers.some(({ keys }) => keys !== undefined);
}
