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
  yield* countersAtStart(result);
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

/** A counter keeps its value until the next one of its name. */
function counter(at: number, name: string, args: Readonly<Record<string, number>>): TraceEvent {
  return { name, ph: "C", pid: CONTROL, ts: at * MICROSECONDS, args };
}

/** What holds before the first row ends: consumers are caught up at the start. */
function* countersAtStart({ start, summary }: SimulationResult): Generator<TraceEvent> {
  yield counter(0, "open shards", { shards: start.shards });
  for (const { name } of summary.consumers) yield counter(0, unreadOf(name), { unread: 0 });
}

/** What a row says of all its time stands at its start, what it says of its end stands there. */
function* countersOf(row: TimelineRow): Generator<TraceEvent> {
  const { at, seconds } = row;
  yield counter(at, "records per second", {
    accepted: row.acceptedRecords / seconds,
    offered: row.offeredRecords / seconds,
  });
  yield counter(at, "put attempts refused per second", { refused: row.throttledRecords / seconds });
  for (const { name, iteratorAgeSecondsMax, cpuUtilization } of row.consumers) {
    yield counter(at, `${name}: iterator age, seconds`, { age: iteratorAgeSecondsMax });
    if (cpuUtilization !== null)
      yield counter(at, `${name}: CPU`, { mean: cpuUtilization.mean, busiest: cpuUtilization.max });
  }
  yield counter(at + seconds, "open shards", { shards: row.openShards });
  for (const { name, backlogRecords } of row.consumers)
    yield counter(at + seconds, unreadOf(name), { unread: backlogRecords });
}

function unreadOf(consumer: string): string {
  return `${consumer}: unread records`;
}
