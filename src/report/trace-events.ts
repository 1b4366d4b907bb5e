/*
 * A run as a trace that Perfetto and Chrome open: the Trace Event format, JSON. Shards are slices from opening to draining on tracks of
 * their own, control events are instants, loads and lags are counters. Times are in microseconds.
 * Source: the Trace Event Format document of the Chromium project.
 */
import type { SimulationResult } from "../planning/simulate-workload.js";
import type { ShardLife } from "../simulation/simulate.js";
import type { TimelineRow } from "../simulation/timeline.js";

const MICROSECONDS = 1e6;
/** Processes of the trace. */
const CONTROL = 1;
const SHARDS = 2;

interface TraceEvent {
  readonly name: string;
  /** M metadata, X slice, i instant, C counter. */
  readonly ph: "M" | "X" | "i" | "C";
  readonly pid: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  /** An instant's reach: its whole group. */
  readonly s?: "p";
  readonly args?: Readonly<Record<string, string | number | null | readonly string[]>>;
}

/** The pieces of the trace's text. */
export function* formatTrace(result: SimulationResult, shards: readonly ShardLife[]): Generator<string> {
  yield '{"displayTimeUnit":"ms","traceEvents":[\n';
  let separator = "";
  for (const event of traceEvents(result, shards)) {
    yield `${separator}${JSON.stringify(event)}`;
    separator = ",\n";
  }
  yield "\n]}\n";
}

function* traceEvents(result: SimulationResult, shards: readonly ShardLife[]): Generator<TraceEvent> {
  yield nameOf("process_name", CONTROL, `${result.stream.name}: control plane and load`);
  yield nameOf("process_name", SHARDS, `${result.stream.name}: shards`);
  for (const [index, shard] of shards.entries()) {
    yield nameOf("thread_name", SHARDS, shard.id, index + 1);
    yield* lifeOf(shard, index + 1, result.summary.seconds);
  }
  for (const { at, event, subject, message } of result.events)
    yield { name: event, ph: "i", pid: CONTROL, tid: 1, ts: at * MICROSECONDS, s: "p", args: { subject, message } };
  for (const row of result.timeline) yield* countersOf(row);
}

function nameOf(name: "process_name" | "thread_name", pid: number, value: string, tid = 0): TraceEvent {
  return { name, ph: "M", pid, tid, args: { name: value } };
}

/** Open while it takes records, draining until everybody has read it. */
function* lifeOf(
  { parents, openedAt, closedAt, drainedAt }: ShardLife,
  tid: number,
  end: number,
): Generator<TraceEvent> {
  const slice = (name: string, from: number, to: number): TraceEvent => ({
    name,
    ph: "X",
    pid: SHARDS,
    tid,
    ts: from * MICROSECONDS,
    dur: (to - from) * MICROSECONDS,
    args: { parents },
  });
  yield slice("open", openedAt, closedAt ?? end);
  if (closedAt !== undefined) yield slice("draining", closedAt, drainedAt ?? end);
}

function* countersOf(row: TimelineRow): Generator<TraceEvent> {
  const counter = (name: string, args: Readonly<Record<string, number>>): TraceEvent => ({
    name,
    ph: "C",
    pid: CONTROL,
    ts: row.at * MICROSECONDS,
    args,
  });
  yield counter("records per second", {
    accepted: row.acceptedRecords / row.seconds,
    offered: row.offeredRecords / row.seconds,
  });
  yield counter("put attempts refused per second", { refused: row.throttledRecords / row.seconds });
  yield counter("open shards", { shards: row.openShards });
  for (const { name, iteratorAgeSecondsMax, backlogRecords, cpuUtilization } of row.consumers) {
    yield counter(`${name}: iterator age, seconds`, { age: iteratorAgeSecondsMax });
    yield counter(`${name}: unread records`, { unread: backlogRecords });
    if (cpuUtilization !== null)
      yield counter(`${name}: CPU`, { mean: cpuUtilization.mean, busiest: cpuUtilization.max });
  }
}
