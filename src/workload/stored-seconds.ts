import type { ServiceFacts } from "../service/service-facts.js";

/** Seconds for which a record is stored beyond what is included: in extended retention, and in long-term retention after that. */
export interface StoredSeconds {
  readonly extended: number;
  readonly longTerm: number;
}

/** @param retention of the stream, in seconds */
export function storedSeconds(retention: number, facts: ServiceFacts): StoredSeconds {
  const included = facts.value("retention.secondsIncluded");
  const extended = facts.value("retention.secondsExtended");
  return {
    extended: Math.max(0, Math.min(retention, extended) - included),
    longTerm: Math.max(0, retention - extended),
  };
}
