import type { SimulationResult } from "../planning/simulate-workload.js";
import type { ControlEvent } from "../simulation/control-event.js";
import type { TimelineRow } from "../simulation/timeline.js";
import { secondsPerMinute } from "../units/dimension.js";
import {
  formatByteRate,
  formatClock,
  formatCount,
  formatDuration,
  formatItems,
  formatNumber,
  formatRatio,
  formatUsd,
} from "../units/format-quantity.js";
import type { Block, FlatTable, ReportDocument } from "./document.js";
import { findingBlocks } from "./finding-blocks.js";
import { replicationBlocks, replicationLines } from "./present-replications.js";
import { storyBlocks } from "./present-story.js";
import { chartOf, largest, shortDuration } from "./simulation-chart.js";

/** Control events that are listed; the rest is in the JSON. */
const EVENTS_SHOWN = 20;
/** Within this time of its end, consumers are done with a shard as a matter of course. */
const SOON_SECONDS = secondsPerMinute;

/** The report on a simulated stream. */
export function presentSimulation(result: SimulationResult): ReportDocument {
  return {
    result,
    blocks: () => [
      titleOf(result),
      verdictOf(result),
      ...findingBlocks(result.diagnostics),
      ...(result.story === undefined ? [] : storyBlocks(result.story, result.summary.seconds)),
      { kind: "heading", text: "Over time" },
      chartOf(result),
      ...consumerBlocks(result),
      ...producerBlocks(result),
      ...replicationBlocks(result),
      ...(result.story === undefined ? eventBlocks(result) : []),
      notesOf(result),
    ],
    flat: () => flatTimeline(result.timeline),
  };
}

function titleOf({ stream, start, summary }: SimulationResult): Block {
  const detail = [
    stream.region,
    stream.mode,
    formatItems(start.shards, "shard"),
    `${formatDuration(summary.seconds)} simulated`,
    `seed ${summary.seed}`,
  ].join(", ");
  return { kind: "title", text: stream.name, detail };
}

/** What was found before the run, and says nothing about how the stream fares in it. */
const aboutTheInput: ReadonlySet<string> = new Set(["trace-gaps", "on-demand-ceiling"]);

function verdictOf({ summary, diagnostics }: SimulationResult): Block {
  const hasProblems = diagnostics.some(({ severity, code }) => severity !== "hint" && !aboutTheInput.has(code));
  const traffic = `${formatCount(summary.offeredRecords)} records offered, ${formatCount(summary.acceptedRecords)} accepted; ${formatItems(summary.shardHours, "shard-hour")}, ${formatUsd(summary.usd)}.`;
  const more = [traffic, ...replicationLines(summary)];
  if (!hasProblems)
    return {
      kind: "verdict",
      tone: "good",
      text:
        summary.throttledRecords > 0
          ? "Next to nothing is refused, nothing is lost, and every consumer keeps up."
          : "Nothing is throttled or lost, and every consumer keeps up.",
      more,
    };
  const isLost = summary.lostRecords + summary.expiredRecords > 0;
  return { kind: "verdict", tone: isLost ? "bad" : "warn", text: headline(summary, diagnostics), more };
}

/** The gravest thing first. */
function headline(summary: SimulationResult["summary"], diagnostics: SimulationResult["diagnostics"]): string {
  const { lostRecords, offeredRecords, throttledRatio, consumers } = summary;
  const missed = missedBy(summary);
  if (lostRecords > 0) {
    const lost = `Records are lost: ${formatRatio(lostRecords / offeredRecords)} of those offered`;
    return missed === "" ? `${lost}.` : `${lost}; of those accepted, ${missed}.`;
  }
  if (missed !== "") return `Records expire unread: of those accepted, ${missed}.`;
  if (diagnostics.some(({ code }) => code === "records-throttled"))
    return `Shards refuse ${formatRatio(throttledRatio)} of all put attempts; nothing is lost.`;
  const behind = diagnostics.filter(({ code }) => code === "consumer-behind").length;
  if (behind > 0) {
    const worst = Math.max(...consumers.map(({ iteratorAgeSeconds }) => iteratorAgeSeconds.max));
    return `Nothing is lost, but ${behind} of ${formatItems(consumers.length, "consumer")} ${behind === 1 ? "falls" : "fall"} behind, by up to ${formatDuration(Math.round(worst))}.`;
  }
  return "Nothing is lost and every consumer keeps up, though not without friction.";
}

/** Which consumers miss how much of what was accepted; empty where none does. */
function missedBy({ consumers, acceptedRecords }: SimulationResult["summary"]): string {
  const missing = consumers.filter(({ expiredRecords }) => expiredRecords > 0);
  if (missing.length === 0) return "";
  const shares = missing.map(
    ({ name, expiredRecords }) => `${name} misses ${formatRatio(expiredRecords / acceptedRecords)}`,
  );
  const others = consumers.length - missing.length;
  if (others > 0) shares.push(others === 1 ? "the other misses nothing" : `the ${others} others miss nothing`);
  return shares.join(", ");
}

function consumerBlocks({ summary: { consumers } }: SimulationResult): Block[] {
  if (consumers.length === 0) return [];
  return [{ kind: "heading", text: "Consumers" }, ...consumerTable(consumers)];
}

/** How each consumer fared. */
export function consumerTable(consumers: SimulationResult["summary"]["consumers"]): Block[] {
  if (consumers.length === 0) return [];
  return [
    {
      kind: "table",
      columns: [
        { title: "" },
        { title: "age p50", align: "right" },
        { title: "p99", align: "right" },
        { title: "max", align: "right" },
        { title: "latency p99", align: "right" },
        { title: "CPU", align: "right" },
        { title: "max", align: "right" },
        { title: "refused", align: "right" },
        { title: "unread", align: "right" },
      ],
      rows: consumers.map(
        ({ name, iteratorAgeSeconds, latencySeconds, cpuUtilization, readThrottles, backlogRecords }) => [
          name,
          shortDuration(iteratorAgeSeconds.p50),
          shortDuration(iteratorAgeSeconds.p99),
          shortDuration(iteratorAgeSeconds.max),
          shortDuration(latencySeconds.p99),
          cpuUtilization === null ? "-" : formatRatio(cpuUtilization.mean),
          cpuUtilization === null ? "-" : formatRatio(cpuUtilization.max),
          formatCount(readThrottles),
          formatCount(backlogRecords),
        ],
      ),
    },
    ...notesOn(consumers),
  ];
}

/** What a table has no room for: what was done twice or given up, and what workers and invocations came to. */
function notesOn(consumers: SimulationResult["summary"]["consumers"]): Block[] {
  const lines = consumers.flatMap(({ name, ...consumer }) => {
    const facts = factsOn(consumer);
    return facts.length > 0 ? [`${name}: ${facts.join(", ")}.`] : [];
  });
  return lines.length > 0 ? [{ kind: "notes", lines }] : [];
}

function factsOn({
  repeatedRecords,
  discardedRecords,
  workerHours,
  workersUsd,
  lambda,
}: Omit<SimulationResult["summary"]["consumers"][number], "name">): string[] {
  const facts: string[] = [];
  if (workerHours !== null) {
    const price = workersUsd === null ? "" : ` (${formatUsd(workersUsd)})`;
    facts.push(`${formatItems(Number(workerHours.toPrecision(4)), "worker-hour")}${price}`);
  }
  if (lambda !== null)
    facts.push(
      formatItems(lambda.invocations, "invocation"),
      `${formatNumber(Number(lambda.concurrency.mean.toPrecision(3)))} at a time, ${formatNumber(Number(lambda.concurrency.max.toPrecision(3)))} in the busiest minute, of ${formatCount(lambda.concurrency.limit)}`,
    );
  if (repeatedRecords > 0) facts.push(`${formatItems(repeatedRecords, "record")} processed twice`);
  if (discardedRecords > 0) facts.push(`${formatItems(discardedRecords, "record")} given up`);
  return facts;
}

/** What the producers went through, where it was not smooth. */
function producerBlocks({ summary, timeline }: SimulationResult): Block[] {
  const bytes = largest(timeline.map(({ acceptedBytes, seconds }) => acceptedBytes / seconds));
  const lines = [`The stream takes up to ${formatByteRate(bytes)}.`];
  if (summary.throttledRecords > 0)
    lines.unshift(
      `Of ${formatCount(summary.attemptedRecords)} put attempts ${formatCount(summary.throttledRecords)} are refused; ${formatCount(summary.delayedRecords)} records get in late, ${formatCount(summary.lostRecords)} are given up, ${formatCount(summary.bufferedRecords)} wait at the end.`,
    );
  return [{ kind: "notes", lines }];
}

function eventBlocks(result: SimulationResult): Block[] {
  const events = withoutRoutine(result.events);
  if (events.length === 0) return [];
  const rest = events.length - EVENTS_SHOWN;
  return [
    { kind: "heading", text: "Events" },
    {
      kind: "table",
      columns: [{ title: "at" }, { title: "" }],
      rows: events.slice(0, EVENTS_SHOWN).map(({ at, message }) => [formatClock(at), message]),
    },
    ...(rest > 0 ? [{ kind: "notes", lines: [`${formatItems(rest, "more event")} in the JSON.`] } as const] : []),
  ];
}

/** Consumers that keep up are soon done with a shard that was split or merged; who lags is not, which is worth a line. */
function withoutRoutine(events: readonly ControlEvent[]): ControlEvent[] {
  let closed = Number.NEGATIVE_INFINITY;
  return events.filter(({ at, event }) => {
    if (event === "shard-split" || event === "shards-merged") closed = at;
    return event !== "shard-drained" || at > closed + SOON_SECONDS;
  });
}

function notesOf({ fidelity, impliedErrors: { throttledRatio, lostRatio } }: SimulationResult): Block {
  const shares = Object.entries(fidelity)
    .filter(([, share]) => share > 0)
    .map(([name, share]) => `${formatRatio(share)} by ${name}`);
  const error =
    throttledRatio > 0
      ? `: refusals are right to ${roughly(throttledRatio)} of the attempts, losses to ${roughly(lostRatio)} of the records`
      : "";
  return { kind: "notes", lines: [`Simulated ${shares.join(", ")}${error}; docs/model.md says what that leaves out.`] };
}

/** A ratio of which only the size matters. */
function roughly(ratio: number): string {
  return formatRatio(Number(ratio.toPrecision(2)));
}

function flatTimeline(timeline: readonly TimelineRow[]): FlatTable {
  const [first] = timeline;
  const consumers = first?.consumers.map(({ name }) => name) ?? [];
  const columns = [
    "at",
    "offeredRecords",
    "acceptedRecords",
    "attemptedRecords",
    "throttledRecords",
    "lostRecords",
    "wrongShardRecords",
    "bufferedRecords",
    "acceptedBytes",
    "openShards",
    "seconds",
  ] as const;
  const perConsumer = [
    "processedRecords",
    "backlogRecords",
    "iteratorAgeSecondsMax",
    "readThrottles",
    "workers",
    "concurrency",
  ] as const;
  return {
    columns: [
      ...columns,
      ...consumers.flatMap((name) =>
        [...perConsumer, "cpuUtilization", "cpuUtilizationMax"].map((key) => `${name}.${key}`),
      ),
    ],
    rows: timeline.map((row) => [
      ...columns.map((key) => row[key]),
      ...row.consumers.flatMap((consumer) => [
        ...perConsumer.map((key) => consumer[key]),
        consumer.cpuUtilization?.mean ?? null,
        consumer.cpuUtilization?.max ?? null,
      ]),
    ]),
  };
}
