/*
 * The answer of `size`: one workload in, shards, consumers, costs and findings out. Everything here is arithmetic on values; the
 * parts are in the files beside, each with its model.
 */
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import type { Fact } from "../service/fact.js";
import { type FactName, factsReadOn, type ServiceFacts } from "../service/service-facts.js";
import { type Attachments, noAttachments } from "../workload/attachments.js";
import type { CapacityMode, Workload } from "../workload/schema.js";
import { type ConsumerAlternatives, consumerAlternatives } from "./alternatives.js";
import type { Basis } from "./basis.js";
import { findCrossings } from "./break-even.js";
import {
  bindingConstraint,
  type Constraint,
  hotShardConstraint,
  hotShardOf,
  listConstraints,
  minimumShards,
  recommendedShards,
} from "./constraints.js";
import { type ConsumerSizing, readCallsPerSecond, sizeConsumer } from "./consumers.js";
import {
  type AdvantageCost,
  type CostItem,
  capacityModes,
  cheapestMode,
  costOfMode,
  estimateCosts,
  type ModeCost,
  type StreamCosts,
  workerCost,
} from "./cost.js";
import { type Demand, estimateDemand } from "./demand.js";
import { findDiagnostics } from "./findings.js";
import { keySpread } from "./hot-shard.js";
import { type Fit, judgeShards } from "./judge-shards.js";
import { countReaders, fanOutAllowed } from "./readers.js";

/** Version of the JSON that `size` prints. */
export const sizingSchemaVersion = 1;

export interface SizeOptions {
  readonly facts: ServiceFacts;
  readonly attachments?: Attachments;
  /** Judge this count instead of the recommended one. */
  readonly shards?: number;
  /** How far to look, with growth, in seconds. */
  readonly horizonSeconds?: number;
  /** The day (ISO 8601) on which prices are called old; by default the day on which this version's facts were read. */
  readonly asOf?: string;
}

export interface SizedConsumer extends ConsumerSizing, ConsumerAlternatives {}

/** Below `recordsPerSecondMean` one mode is cheaper, above it the other, at the judged shard count. */
export interface BreakEven {
  readonly cheaperBelow: CapacityMode;
  readonly cheaperAbove: CapacityMode;
  readonly recordsPerSecondMean: number;
  readonly bytesPerSecondMean: number;
  /** Mean use of the judged count's write capacity at that traffic; above 1 the count would have to grow first. */
  readonly utilization: number;
}

/** A figure that the answer rests on and that AWS's own text does not settle. */
export interface Uncertainty {
  readonly name: string;
  readonly value: number;
  readonly certainty: Fact["certainty"];
  readonly why: string;
}

/** Shards by constraint. `count` is what consumers and costs are worked out for: the count given, else the recommended one. */
export interface ShardSizing {
  readonly minimum: number;
  readonly recommended: number;
  readonly binding: string;
  readonly fit: Fit;
  /** The count that `fit` is about: the one given, else the one of today. */
  readonly judged: number | null;
  readonly count: number;
  readonly current: number | null;
  readonly constraints: readonly Pick<Constraint, "name" | "minimum" | "recommended" | "need">[];
}

export interface Sizing {
  readonly schemaVersion: typeof sizingSchemaVersion;
  readonly command: "size";
  readonly status: "ok" | "infeasible";
  readonly stream: Pick<Workload["stream"], "name" | "region" | "mode">;
  readonly demand: {
    readonly recordsPerSecondPeak: number;
    readonly kinesisRecordsPerSecondPeak: number;
    readonly bytesPerSecondPeak: number;
    readonly recordsPerSecondMean: number;
    readonly kinesisRecordsPerSecondMean: number;
    readonly bytesPerSecondMean: number;
    readonly peakAtSeconds: number;
    readonly horizonSeconds: number;
  };
  readonly shards: ShardSizing;
  readonly reads: {
    readonly shared: number;
    readonly fanOut: number;
    readonly callsPerSecond: number;
    readonly callsPerSecondLimit: number;
  };
  readonly consumers: readonly SizedConsumer[];
  readonly cost: {
    readonly usdPerMonth: number;
    readonly provisioned: ModeCost;
    readonly onDemand: ModeCost;
    readonly onDemandAdvantage: AdvantageCost;
    readonly cheapest: CapacityMode;
    readonly breakEven: readonly BreakEven[];
    readonly workers: ModeCost;
    readonly pricesReadOn: string;
  };
  readonly uncertainties: readonly Uncertainty[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A sizing, and what it was worked out from: for explanations and for the reverse question. */
export interface SizedWorkload {
  readonly sizing: Sizing;
  readonly basis: Basis;
}

/** How many shards a workload needs, which constraint binds, how many consumers, and what it costs. */
export function size(workload: Workload, options: SizeOptions): Sizing {
  return sizeWithBasis(workload, options).sizing;
}

export function sizeWithBasis(workload: Workload, options: SizeOptions): SizedWorkload {
  const { facts, attachments = noAttachments, shards } = options;
  const demand = estimateDemand(workload, attachments, facts, options.horizonSeconds);
  const spread = keySpread(demand, facts, attachments);
  const others = listConstraints(workload, demand, facts);
  const hotShard = spread && hotShardConstraint(spread, workload.stream.utilization, others);
  const constraints = hotShard === undefined ? others : [...others, hotShard];
  const recommended = recommendedShards(constraints);
  const basis: Basis = {
    workload,
    demand,
    facts,
    constraints,
    attachments,
    spread,
    horizonSeconds: options.horizonSeconds,
    shardCount: shards ?? recommended,
    isCountGiven: shards !== undefined,
  };
  const shardSizing = describeShards(basis, recommended);
  const consumers = workload.consumers.map(
    (consumer, index): SizedConsumer => ({
      ...sizeConsumer(consumer, demand, basis.shardCount, facts),
      ...consumerAlternatives(basis, index),
    }),
  );
  const diagnostics = findDiagnostics(basis, shardSizing.fit, consumers);
  const costs = estimateCosts(workload, demand, basis.shardCount, facts);
  const prices = pricesUsed(basis, costs);
  const sizing: Sizing = {
    schemaVersion: sizingSchemaVersion,
    command: "size",
    status: statusOf(diagnostics),
    stream: { name: workload.stream.name, region: workload.stream.region, mode: workload.stream.mode },
    demand: describeDemand(demand),
    shards: shardSizing,
    reads: describeReads(basis),
    consumers,
    cost: describeCosts(basis, costs, prices, consumers),
    uncertainties: findUncertainties(basis, prices),
    diagnostics: [...diagnostics, ...stalePrices(basis, prices, options.asOf ?? factsReadOn)],
  };
  return { sizing, basis };
}

/** Whether any shard count can carry the workload. */
export function statusOf(diagnostics: readonly Diagnostic[]): Sizing["status"] {
  return diagnostics.some(({ severity }) => severity === "error") ? "infeasible" : "ok";
}

function describeShards(basis: Basis, recommended: number): ShardSizing {
  const { workload, constraints, shardCount, isCountGiven } = basis;
  const minimum = minimumShards(constraints);
  const current = workload.stream.shards ?? null;
  const judged = isCountGiven ? shardCount : current;
  return {
    minimum,
    recommended,
    binding: bindingConstraint(constraints).name,
    fit: throttles(basis, judged) ? "under" : judgeShards(judged, minimum, recommended),
    judged,
    count: shardCount,
    current,
    constraints: constraints.map(({ name, minimum: least, recommended: wanted, need }) => ({
      name,
      minimum: least,
      recommended: wanted,
      need,
    })),
  };
}

/** Real keys may fall so badly on a count above the minimum that its busiest shard throttles all the same. */
function throttles({ spread, constraints }: Basis, count: number | null): boolean {
  if (count === null || spread === undefined || !spread.isErratic) return false;
  return hotShardOf(constraints)?.minimum !== null && !spread.carries(count, 1, 1);
}

function describeDemand(demand: Demand): Sizing["demand"] {
  return {
    recordsPerSecondPeak: demand.recordsPerSecondPeak,
    kinesisRecordsPerSecondPeak: demand.kinesisRecordsPerSecondPeak,
    bytesPerSecondPeak: demand.bytesPerSecondPeak,
    recordsPerSecondMean: demand.mean.recordsPerSecond,
    kinesisRecordsPerSecondMean: demand.mean.kinesisRecordsPerSecond,
    bytesPerSecondMean: demand.mean.bytesPerSecond,
    peakAtSeconds: demand.peakAtSeconds,
    horizonSeconds: demand.horizonSeconds,
  };
}

function describeReads({ workload: { consumers }, facts }: Basis): Sizing["reads"] {
  return {
    ...countReaders(consumers),
    callsPerSecond: readCallsPerSecond(consumers, facts),
    callsPerSecondLimit: facts.value("shard.readCallsPerSecond"),
  };
}

function describeCosts(
  basis: Basis,
  costs: StreamCosts,
  prices: readonly Fact[],
  sized: readonly SizedConsumer[],
): Sizing["cost"] {
  const { workload, facts } = basis;
  const workers = workload.consumers.flatMap((consumer, index): CostItem[] => {
    const line = sized[index] && workerCost(consumer, sized[index], facts);
    return line === undefined ? [] : [line];
  });
  return {
    usdPerMonth: costOfMode(costs, workload.stream.mode).usdPerMonth,
    ...costs,
    cheapest: cheapestMode(costs, possibleModes(basis)),
    breakEven: describeBreakEven(basis, costs),
    workers: { usdPerMonth: workers.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0), items: workers },
    pricesReadOn: oldest(prices),
  };
}

/** The modes that take as many fan-out consumers as there are. */
function possibleModes({ workload, facts }: Basis): CapacityMode[] {
  const { fanOut } = countReaders(workload.consumers);
  return capacityModes.filter((mode) => fanOut <= fanOutAllowed(mode, facts));
}

function describeBreakEven({ demand: { mean }, facts, shardCount }: Basis, costs: StreamCosts): BreakEven[] {
  const used =
    Math.max(
      mean.bytesPerSecond / facts.value("shard.writeBytesPerSecond"),
      mean.kinesisRecordsPerSecond / facts.value("shard.writeRecordsPerSecond"),
    ) / shardCount;
  return findCrossings(costs, facts).map(({ cheaperBelow, cheaperAbove, factor }) => ({
    cheaperBelow,
    cheaperAbove,
    recordsPerSecondMean: factor * mean.recordsPerSecond,
    bytesPerSecondMean: factor * mean.bytesPerSecond,
    utilization: factor * used,
  }));
}

function pricesUsed({ facts }: Basis, costs: StreamCosts): Fact[] {
  const names = new Set(
    [costs.provisioned, costs.onDemand, costs.onDemandAdvantage].flatMap(({ items }) =>
      items.flatMap(({ price }) => price ?? []),
    ),
  );
  return [...names].map((name) => facts.fact(name));
}

/** A price that was last confirmed more than a year before `asOf`. */
function stalePrices(basis: Basis, prices: readonly Fact[], asOf: string): Diagnostic[] {
  const readOn = oldest(prices);
  if (readOn >= yearBefore(asOf)) return [];
  const message = `prices of ${basis.facts.region} were last confirmed on ${readOn}, more than a year before ${asOf}`;
  return [
    diagnose("prices-old", message, "compare them with AWS's price list; correct them with --limits", {
      path: ["stream", "region"],
    }),
  ];
}

/** The same day a year earlier, as ISO 8601, which compares as text. */
export function yearBefore(day: string): string {
  return `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`;
}

/** The day on which the price that was confirmed longest ago was. */
function oldest(prices: readonly Fact[]): string {
  return prices.reduce((day, { readOn }) => (day === "" || readOn < day ? readOn : day), "") || factsReadOn;
}

/** Facts that every answer rests on, beside prices and the consumers' own. */
const alwaysUsed: readonly FactName[] = [
  "shard.writeBytesPerSecond",
  "shard.writeRecordsPerSecond",
  "metering.putPayloadUnitBytes",
  "metering.onDemandRoundingBytes",
  "metering.hoursPerMonth",
  "metering.bytesPerGb",
];

function findUncertainties(basis: Basis, prices: readonly Fact[]): Uncertainty[] {
  const { facts, workload } = basis;
  const polled = workload.consumers.filter(({ read, pollInterval }) => read === "shared" && pollInterval === undefined);
  const used = new Set([
    ...alwaysUsed.map((name) => facts.fact(name)),
    ...polled.map(({ kind }) => facts.fact(`${kind}.pollIntervalSeconds`)),
    ...prices,
    ...facts.overridden,
  ]);
  return [...used]
    .filter(({ certainty }) => certainty !== "verified")
    .map(({ name, value, certainty, dispute, source }) => ({ name, value, certainty, why: dispute ?? source }));
}
