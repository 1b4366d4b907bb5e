/* Where traffic goes on for longer than the workload says what it does. */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import { formatDuration, formatRecordRate } from "../units/format-quantity.js";
import type { TraceSeries } from "../workload/read-trace.js";
import type { Producer } from "../workload/schema.js";

/** @param seconds that are looked at */
export function findTrafficHints(
  producers: readonly Producer[],
  traces: ReadonlyMap<string, TraceSeries>,
  seconds: number,
): Diagnostic[] {
  return [
    ...producers.flatMap(({ name }, index) => traceRepeats(traces.get(name), name, index, seconds)),
    ...producers.flatMap((producer, index) => timelineHolds(producer, index, seconds)),
  ];
}

function traceRepeats(trace: TraceSeries | undefined, name: string, index: number, seconds: number): Diagnostic[] {
  const length = trace === undefined ? Number.POSITIVE_INFINITY : trace.records.length * trace.stepSeconds;
  if (length >= seconds) return [];
  const message = `the trace of \`${name}\` is ${formatDuration(length)} long and repeats over the ${formatDuration(seconds)} that are looked at`;
  return [
    diagnoseAt(
      "trace-repeats",
      ["producers", index, "traffic", "trace"],
      message,
      "give a longer trace if what it holds does not recur",
    ),
  ];
}

function timelineHolds({ name, traffic }: Producer, index: number, seconds: number): Diagnostic[] {
  const last = traffic?.timeline?.at(-1);
  if (last === undefined || last.at === 0 || traffic?.repeat !== undefined || last.at >= seconds) return [];
  const message = `the timeline of \`${name}\` holds ${formatRecordRate(last.records)} from ${formatDuration(last.at)} to the end of the ${formatDuration(seconds)} that are looked at`;
  return [
    diagnoseAt(
      "timeline-holds",
      ["producers", index, "traffic", "timeline"],
      message,
      "add `repeat` if it is a cycle, such as `repeat: 24h`",
    ),
  ];
}
