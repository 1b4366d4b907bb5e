/*
 * Several streams together: sums of shards, workers and costs, and the quotas that streams of one account share. Advantage is an
 * account's setting in a region, so its commitment is met by all streams of the region together and any shortfall is paid once.
 * Left out: streams of the account that the files do not describe.
 */
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import type { Region } from "../service/regions.js";
import type { ServiceCatalogue } from "../service/service-facts.js";
import { formatNumber } from "../units/format-quantity.js";
import { roundToMillionths } from "../units/rounding.js";
import { sumOf } from "../units/sum-of.js";
import type { CapacityMode } from "../workload/schema.js";
import { type CostItem, capacityModes, commitmentShortfall } from "./cost.js";
import { type Sizing, sizingSchemaVersion } from "./size.js";

/** One region's part of the fleet, against the account's default quotas there. */
export interface RegionTotals {
  readonly region: Region;
  readonly shards: number;
  readonly shardQuota: number;
  readonly onDemandStreams: number;
  readonly onDemandStreamQuota: number;
}

export interface FleetTotals {
  readonly workloads: number;
  readonly infeasible: number;
  readonly shards: { readonly minimum: number; readonly recommended: number; readonly count: number };
  readonly workers: number;
  readonly cost: {
    readonly usdPerMonth: number;
    readonly provisioned: number;
    readonly onDemand: number;
    readonly onDemandAdvantage: number;
    readonly cheapest: CapacityMode;
    /** Each stream in the mode that is cheapest for it alone. */
    readonly cheapestPerStream: number;
    readonly workers: number;
  };
  readonly regions: readonly RegionTotals[];
}

export interface FleetSizing {
  readonly schemaVersion: typeof sizingSchemaVersion;
  readonly command: "size";
  readonly status: Sizing["status"];
  readonly workloads: readonly Sizing[];
  readonly totals: FleetTotals;
  readonly diagnostics: readonly Diagnostic[];
}

/** The fleet of these streams. */
export function sizeFleet(workloads: readonly Sizing[], catalogue: ServiceCatalogue): FleetSizing {
  const regions = groupByRegion(workloads).map(([region, members]) => regionTotals(region, members, catalogue));
  return {
    schemaVersion: sizingSchemaVersion,
    command: "size",
    status: workloads.some(({ status }) => status === "infeasible") ? "infeasible" : "ok",
    workloads,
    totals: { ...sums(workloads), cost: fleetCost(workloads, catalogue), regions },
    diagnostics: [...regions.flatMap(overQuota), ...duplicates(workloads)],
  };
}

function groupByRegion(workloads: readonly Sizing[]): [Region, Sizing[]][] {
  const groups = new Map<Region, Sizing[]>();
  for (const sizing of workloads) {
    const members = groups.get(sizing.stream.region);
    if (members === undefined) groups.set(sizing.stream.region, [sizing]);
    else members.push(sizing);
  }
  return [...groups];
}

function sums(workloads: readonly Sizing[]): Pick<FleetTotals, "workloads" | "infeasible" | "shards" | "workers"> {
  return {
    workloads: workloads.length,
    infeasible: workloads.filter(({ status }) => status === "infeasible").length,
    shards: {
      minimum: sumOf(workloads, ({ shards }) => shards.minimum),
      recommended: sumOf(workloads, ({ shards }) => shards.recommended),
      count: sumOf(workloads, ({ shards }) => shards.count),
    },
    workers: sumOf(workloads, ({ consumers }) =>
      sumOf(consumers, ({ workers, standby }) => (workers === null ? 0 : workers + standby)),
    ),
  };
}

function fleetCost(workloads: readonly Sizing[], catalogue: ServiceCatalogue): FleetTotals["cost"] {
  const usd = (value: (sizing: Sizing) => number): number => roundToMillionths(sumOf(workloads, value));
  const shortfall = sumOf(groupByRegion(workloads), ([region, members]) => regionShortfall(region, members, catalogue));
  const provisioned = usd(({ cost }) => cost.provisioned.usdPerMonth);
  const onDemand = usd(({ cost }) => cost.onDemand.usdPerMonth);
  const onDemandAdvantage = roundToMillionths(usd(({ cost }) => cost.onDemandAdvantage.usageUsdPerMonth) + shortfall);
  const byMode: Readonly<Record<CapacityMode, number>> = {
    provisioned,
    "on-demand": onDemand,
    "on-demand-advantage": onDemandAdvantage,
  };
  return {
    usdPerMonth: roundToMillionths(ownModes(workloads, catalogue)),
    provisioned,
    onDemand,
    onDemandAdvantage,
    cheapest: capacityModes.reduce((best, mode) => (byMode[mode] < byMode[best] ? mode : best)),
    cheapestPerStream: usd(({ cost }) => Math.min(cost.provisioned.usdPerMonth, cost.onDemand.usdPerMonth)),
    workers: usd(({ cost }) => cost.workers.usdPerMonth),
  };
}

/** Each stream in the mode it runs in; the streams on Advantage meet their region's commitment together. */
function ownModes(workloads: readonly Sizing[], catalogue: ServiceCatalogue): number {
  const isAdvantage = ({ stream }: Sizing): boolean => stream.mode === "on-demand-advantage";
  const others = sumOf(workloads, (sizing) =>
    isAdvantage(sizing) ? sizing.cost.onDemandAdvantage.usageUsdPerMonth : sizing.cost.usdPerMonth,
  );
  return (
    others +
    sumOf(groupByRegion(workloads.filter(isAdvantage)), ([region, members]) =>
      regionShortfall(region, members, catalogue),
    )
  );
}

function regionShortfall(region: Region, members: readonly Sizing[], catalogue: ServiceCatalogue): number {
  const gb = (name: string): number =>
    sumOf(members, ({ cost }) =>
      sumOf(
        cost.onDemandAdvantage.items.filter((item: CostItem) => item.name === name),
        ({ quantity }) => quantity,
      ),
    );
  return sumOf(
    commitmentShortfall(gb("data-in"), gb("data-out"), catalogue.forRegion(region)),
    ({ usdPerMonth }) => usdPerMonth,
  );
}

function regionTotals(region: Region, members: readonly Sizing[], catalogue: ServiceCatalogue): RegionTotals {
  const facts = catalogue.forRegion(region);
  const provisioned = members.filter(({ stream }) => stream.mode === "provisioned");
  return {
    region,
    shards: sumOf(provisioned, ({ shards }) => shards.count),
    shardQuota: facts.value("account.shards"),
    onDemandStreams: members.length - provisioned.length,
    onDemandStreamQuota: facts.value("account.onDemandStreams"),
  };
}

function overQuota({ region, shards, shardQuota, onDemandStreams, onDemandStreamQuota }: RegionTotals): Diagnostic[] {
  const fix = "ask AWS for a higher quota before you need it";
  return [
    ...(shards > shardQuota
      ? [
          diagnose(
            "account-shards",
            `the fleet has ${formatNumber(shards)} shards in ${region}; the account's default quota is ${formatNumber(shardQuota)}`,
            fix,
          ),
        ]
      : []),
    ...(onDemandStreams > onDemandStreamQuota
      ? [
          diagnose(
            "on-demand-streams",
            `the fleet has ${formatNumber(onDemandStreams)} on-demand streams in ${region}; the account's default quota is ${formatNumber(onDemandStreamQuota)}`,
            fix,
          ),
        ]
      : []),
  ];
}

function duplicates(workloads: readonly Sizing[]): Diagnostic[] {
  const seen = new Set<string>();
  const doubled = new Set<string>();
  for (const { stream } of workloads) {
    const name = `${JSON.stringify(stream.name)} in ${stream.region}`;
    if (seen.has(name)) doubled.add(name);
    seen.add(name);
  }
  return [...doubled].map((name) =>
    diagnose(
      "duplicate-stream",
      `more than one workload describes the stream ${name}`,
      "join them into one workload with several producers and consumers",
    ),
  );
}
