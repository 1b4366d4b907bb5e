/*
 * At which traffic the cheaper of two capacity modes changes, all else equal: the shard count stays as judged, and the traffic is
 * today's mean times a factor. A provisioned stream costs a fixed part and one that grows with traffic; on-demand likewise;
 * Advantage grows with traffic above a floor. Two such curves cross at most a few times; the crossing nearest to today is reported.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import type { CapacityMode } from "../workload/schema.js";
import { type CostItem, commitmentShortfall, type StreamCosts } from "./cost.js";

/** Below `factor` times today's mean traffic `cheaperBelow` costs less, above it `cheaperAbove`. */
export interface Crossing {
  readonly cheaperBelow: CapacityMode;
  readonly cheaperAbove: CapacityMode;
  readonly factor: number;
}

type CostAt = (factor: number) => number;

/** The crossing of each pair of modes that has one between a thousandth and a thousand times today's traffic. */
export function findCrossings(costs: StreamCosts, facts: ServiceFacts): Crossing[] {
  const provisioned = linear(costs.provisioned.items);
  const onDemand = linear(costs.onDemand.items);
  const advantage = withFloor(costs.onDemandAdvantage.items, commitmentShortfall(0, 0, facts));
  return [
    ...crossing("provisioned", provisioned, "on-demand", onDemand),
    ...crossing("provisioned", provisioned, "on-demand-advantage", advantage),
    ...crossing("on-demand", onDemand, "on-demand-advantage", advantage),
  ];
}

function linear(items: readonly CostItem[]): CostAt {
  const { fixed, growing } = split(items);
  return (factor) => fixed + factor * growing;
}

function split(items: readonly CostItem[]): { fixed: number; growing: number } {
  let [fixed, growing] = [0, 0];
  for (const { usdPerMonth, scales } of items) {
    if (scales) growing += usdPerMonth;
    else fixed += usdPerMonth;
  }
  return { fixed, growing };
}

/** Data in and data out are each billed at least at the committed amount. */
function withFloor(items: readonly CostItem[], committed: readonly CostItem[]): CostAt {
  const usd = (list: readonly CostItem[], price: CostItem["price"]): number =>
    list
      .filter((item) => item.price === price && (item.scales || list === committed))
      .reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
  const floors = (["price.advInGb", "price.advOutGb"] as const).map((price) => ({
    floor: usd(committed, price),
    usage: usd(items, price),
  }));
  const rest = split(items).growing - floors.reduce((sum, { usage }) => sum + usage, 0);
  return (factor) => floors.reduce((sum, { floor, usage }) => sum + Math.max(floor, factor * usage), factor * rest);
}

const smallestFactor = 1e-3;
const largestFactor = 1e3;
const factorStep = 10 ** (1 / 4);

function crossing(oneMode: CapacityMode, one: CostAt, otherMode: CapacityMode, other: CostAt): Crossing[] {
  const difference = (factor: number): number => one(factor) - other(factor);
  const found = signChanges(difference).toSorted((a, b) => Math.abs(Math.log(a.low)) - Math.abs(Math.log(b.low)))[0];
  if (found === undefined) return [];
  const factor = bisect(difference, found.low, found.high);
  const isOneCheaperBelow = difference(found.low) < 0;
  return [
    {
      cheaperBelow: isOneCheaperBelow ? oneMode : otherMode,
      cheaperAbove: isOneCheaperBelow ? otherMode : oneMode,
      factor,
    },
  ];
}

function signChanges(difference: (factor: number) => number): { low: number; high: number }[] {
  const changes: { low: number; high: number }[] = [];
  let low = smallestFactor;
  let wasNegative = difference(low) < 0;
  while (low < largestFactor) {
    const high = low * factorStep;
    const isNegative = difference(high) < 0;
    if (isNegative !== wasNegative) changes.push({ low, high });
    low = high;
    wasNegative = isNegative;
  }
  return changes;
}

function bisect(difference: (factor: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  const isNegativeBelow = difference(low) < 0;
  for (let round = 0; round < 50; round += 1) {
    const middle = (low + high) / 2;
    if (difference(middle) < 0 === isNegativeBelow) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
