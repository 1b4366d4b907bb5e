/** How firmly a figure stands. Only `verified` figures were read in AWS's own text. */
export type Certainty = "verified" | "second-hand" | "inferred" | "memory" | "assumption" | "override";

/** `hard` limits are fixed, `adjustable` ones are quotas that AWS raises on request. */
export type FactKind = "hard" | "adjustable" | "behaviour" | "price" | "metering" | "client";

export type FactUnit =
  | "bytes"
  | "bytes/s"
  | "records"
  | "records/s"
  | "calls"
  | "calls/s"
  | "calls/day"
  | "seconds"
  | "hours"
  | "shards"
  | "streams"
  | "consumers"
  | "characters"
  | "invocations"
  | "ratio"
  | "count"
  | "writes/s"
  | "USD";

/**
 * One figure that the service, its price list or its client libraries set, with where it comes from.
 *
 * @property name dotted, most significant part first; the name that `limits` prints and `--limits` overrides
 * @property value in `unit`; prices are USD per `per`
 * @property readOn the day (ISO 8601) on which the source was read or last confirmed
 * @property dispute what speaks against the figure, where sources disagree
 */
export interface Fact {
  readonly name: string;
  readonly value: number;
  readonly unit: FactUnit;
  readonly per?: string;
  readonly kind: FactKind;
  readonly certainty: Certainty;
  readonly meaning: string;
  readonly source: string;
  readonly quote?: string;
  readonly readOn: string;
  readonly dispute?: string;
}
