import type { Fact } from "./fact.js";
import { limitFacts } from "./limits.js";
import { READ_ON } from "./limits-sources.js";
import { type PriceName, priceFacts } from "./prices.js";
import { type Region, type RegionFactName, regionFacts } from "./regions.js";

export type LimitName = (typeof limitFacts)[number]["name"];
export type FactName = LimitName | RegionFactName | PriceName;

/** A figure of the user's own, in the fact's unit, and where it was given. */
export interface FactOverride {
  readonly value: number;
  readonly source: string;
}

/** The user's own figures: for every region, and for single regions, by fact name. */
export interface FactOverrides {
  readonly everywhere: ReadonlyMap<string, FactOverride>;
  readonly byRegion: ReadonlyMap<string, ReadonlyMap<string, FactOverride>>;
}

/** The day (ISO 8601) on which this version's facts were read. */
export const factsReadOn: string = READ_ON;

const noOverrides: FactOverrides = { everywhere: new Map(), byRegion: new Map() };

/** All figures that hold in one region: limits, quotas and prices, by name. */
export interface ServiceFacts {
  readonly region: Region;
  /** Every fact, limits first, then quotas of the region, then prices. */
  readonly all: readonly Fact[];
  /** Those that the user has overridden. */
  readonly overridden: readonly Fact[];
  fact(name: FactName): Fact;
  value(name: FactName): number;
}

/** The facts of every region, with the user's overrides; each region's are put together once. */
export class ServiceCatalogue {
  readonly overrides: FactOverrides;
  readonly #regions = new Map<Region, ServiceFacts>();

  constructor(overrides: FactOverrides = noOverrides) {
    this.overrides = overrides;
  }

  forRegion(region: Region): ServiceFacts {
    const known = this.#regions.get(region);
    if (known !== undefined) return known;
    const facts = collectFacts(region, this.overrides);
    this.#regions.set(region, facts);
    return facts;
  }
}

function collectFacts(region: Region, overrides: FactOverrides): ServiceFacts {
  const published: readonly Fact[] = [...limitFacts, ...regionFacts(region), ...priceFacts(region)];
  const regional = overrides.byRegion.get(region);
  const all = published.map((fact) =>
    applyOverride(fact, regional?.get(fact.name) ?? overrides.everywhere.get(fact.name)),
  );
  const byName = new Map(all.map((fact) => [fact.name, fact]));
  const find = (name: FactName): Fact => {
    const fact = byName.get(name);
    if (fact === undefined) throw new Error(`no fact is named ${name}`);
    return fact;
  };
  const overridden = all.filter(({ certainty }) => certainty === "override");
  return { region, all, overridden, fact: find, value: (name) => find(name).value };
}

function applyOverride(fact: Fact, override: FactOverride | undefined): Fact {
  if (override === undefined) return fact;
  return { ...fact, value: override.value, certainty: "override", source: override.source };
}

const limitsByName: ReadonlyMap<string, Fact> = new Map(limitFacts.map((fact) => [fact.name, fact]));

/** The published value of a limit that is the same in every region, in the fact's unit. */
export function limitValue(name: LimitName): number {
  const fact = limitsByName.get(name);
  if (fact === undefined) throw new Error(`no limit is named ${name}`);
  return fact.value;
}
