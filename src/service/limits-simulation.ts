import type { Fact } from "./fact.js";
import { behaviour, client, KIB, MIB, OWN_CHOICE } from "./limits-sources.js";

const KCL = "awslabs/amazon-kinesis-client v3.5.1 (2026-07-21)";
const KCL_PREFETCH = `${KCL}, retrieval/polling/PollingConfig.java`;
const KCL_TIMERS = `the timers in the sources of ${KCL} and v2.7.2, added up`;
const KPL = "awslabs/amazon-kinesis-producer 11c4a64";
const SMITHY = "npm @smithy/core@3.41.0, submodules/retry, run against a local stub";

const DERIVED = "Worked out from the sources, not observed in the field.";

/**
 * How producers, shards and readers behave over time, for the simulation alone: back-offs, buffers, and the delays with which a fleet
 * takes over leases. Source: the libraries' sources at the named version; what nothing settles is an assumption and says so.
 */
export const simulationFacts = [
  // Producers
  client("sdk.attempts", 3, "count", SMITHY, {
    meaning:
      "The SDK tries a refused call this often in all; the simulated application treats refused records likewise.",
    dispute: "The SDK itself never retries single records that PutRecords refused, so the application has to.",
  }),
  client("sdk.throttlingBackoffSeconds", 1, "seconds", SMITHY, {
    meaning: "The first retry waits a random time up to this one, each further retry up to twice as long as the last.",
    dispute: "Until @smithy/core 3.40 it was 0.5 s.",
  }),
  client("sdk.transientBackoffSeconds", 0.05, "seconds", SMITHY, {
    meaning: "After a timeout or a server error the first retry waits a random time up to this one instead.",
    dispute: "Until @smithy/core 3.40 it was 0.1 s.",
  }),
  client("sdk.backoffSecondsMax", 20, "seconds", SMITHY, {
    meaning: "No retry of the SDK waits longer than this.",
  }),
  client("sdk.retryQuota", 500, "count", SMITHY, {
    meaning: "A client of the SDK has this many tokens for retries; a call that finds too few fails at once.",
  }),
  client("sdk.throttlingRetryCost", 5, "count", SMITHY, {
    meaning: "A retry of a throttled call takes this many tokens, which come back when the retry succeeds.",
  }),
  client("sdk.transientRetryCost", 14, "count", SMITHY, {
    meaning: "A retry after a timeout or a server error takes this many tokens, which come back when it succeeds.",
    dispute: "Until @smithy/core 3.40 it was 10 for timeouts.",
  }),
  client("kpl.retryBufferedSeconds", 0.05, "seconds", `${KPL}, retrier.cc`, {
    meaning: "KPL puts a refused record back into its aggregator for at most this long; there is no growing back-off.",
  }),
  client("kpl.collectSeconds", 0.02, "seconds", `${KPL}, collector.h`, {
    meaning: "KPL collects records into one PutRecords call for this much longer than their own deadline.",
  }),
  client("kpl.limiterBurstRecords", 1_000, "records", `${KPL}, limiter.h`, {
    meaning: "After a pause KPL's limiter lets this many records go to one shard at once.",
  }),
  client("kpl.limiterBurstBytes", 10 * MIB, "bytes", `${KPL}, limiter.h`, {
    meaning: "After a pause KPL's limiter lets this many bytes go to one shard at once.",
    dispute: "Up to KPL 1.0.5 it was 1 MiB.",
  }),
  client("kpl.shardMapRefreshSeconds", 1, "seconds", OWN_CHOICE, {
    meaning: "KPL needs this long to learn by ListShards what shards there are; meanwhile it does not aggregate.",
    certainty: "assumption",
    dispute: "It depends on the network and on how many pages the list has. The simulation rounds it up to seconds.",
  }),
  client("kpl.shardMapBackoffSeconds", 1, "seconds", `${KPL}, shard_map.cc`, {
    meaning: "KPL waits this long before it repeats a ListShards call that failed.",
  }),
  client("kpl.shardMapBackoffFactor", 1.5, "ratio", `${KPL}, shard_map.cc`, {
    meaning: "Each further wait between ListShards calls that fail is longer than the last by this factor.",
  }),
  client("kpl.shardMapBackoffSecondsMax", 30, "seconds", `${KPL}, shard_map.cc`, {
    meaning: "No wait between ListShards calls of the KPL is longer than this.",
  }),
  client("putRecords.roundTripSeconds", 0.03, "seconds", OWN_CHOICE, {
    meaning: "A PutRecords call takes this long.",
    certainty: "assumption",
    dispute:
      "It depends on network and load; it only sets how fast KPL retries, and what is under way when a shard closes.",
  }),
  client("putRecords.recordsPerCallTypical", 10, "records", OWN_CHOICE, {
    meaning:
      "A producer that does not say how large its PutRecords calls are is taken to put this many records in one.",
    certainty: "assumption",
    dispute:
      "Larger calls arrive in larger bursts and are refused sooner; `putBatch` in the workload says how large they are.",
  }),
  client("putRecords.bytesPerCallTypical", 64 * KIB, "bytes", OWN_CHOICE, {
    meaning: "Calls whose size is not given hold at most about this many bytes, but always one record.",
    certainty: "assumption",
    dispute: "Larger calls would fill the byte bucket of a shard at once.",
  }),

  // Reading
  behaviour("getRecords.burstBytes", 2 * MIB, "bytes", OWN_CHOICE, {
    meaning: "A shard that was not read for a while gives this many bytes before reading counts against its rate.",
    certainty: "assumption",
    dispute:
      "GetRecords says that a call of 10 MiB is followed by 5 seconds of refusals, which holds here when nothing was saved up.",
  }),
  behaviour("getRecords.pollJitterRatio", 0.1, "ratio", OWN_CHOICE, {
    meaning: "The time between polls varies evenly by this much either way, so that readers do not lock into step.",
    certainty: "assumption",
    dispute: "Real pollers vary with their load and the network.",
  }),
  client("kcl.prefetchRecordsMax", 30_000, "records", KCL_PREFETCH, {
    meaning: "A polling KCL consumer fetches no more while it holds this many records of a shard unprocessed.",
  }),
  client("kcl.prefetchBytesMax", 8 * MIB, "bytes", KCL_PREFETCH, {
    meaning: "A polling KCL consumer fetches no more while it holds this many bytes of a shard unprocessed.",
  }),

  // Leases
  client("kcl.consumerStartSecondsMin", 3, "seconds", KCL_TIMERS, {
    meaning: "A worker that took a lease reads its first record at the earliest after this time.",
    certainty: "inferred",
    dispute: DERIVED,
  }),
  client("kcl.consumerStartSecondsMax", 4, "seconds", KCL_TIMERS, {
    meaning: "A worker that took a lease reads its first record at the latest after this time.",
    certainty: "inferred",
    dispute: DERIVED,
  }),
  client("worker.restartSeconds", 60, "seconds", OWN_CHOICE, {
    meaning: "A worker that is restarted in a deployment is back after this time.",
    certainty: "assumption",
    dispute: "It depends on the image and the orchestrator.",
  }),
] as const satisfies readonly Fact[];
