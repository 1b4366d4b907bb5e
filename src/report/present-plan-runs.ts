import type { ReshardResult } from "../planning/reshard/conclude-reshard.js";
import type { ConsumerStep } from "../planning/reshard/plan-consumers.js";
import { secondsPerHour } from "../units/dimension.js";
import { formatCount, formatItems, formatNumber, formatRatio, formatUsd } from "../units/format-quantity.js";
import type { Block } from "./document.js";
import { replicationBlocks } from "./present-replications.js";
import { consumerTable } from "./present-simulation.js";

/** What a plan comes to in the simulation: on each course that the traffic may take, and with more traffic than it was made for. */
export function planRunBlocks(result: ReshardResult): Block[] {
  const { verified } = result;
  return [
    { kind: "heading", text: "Simulated" },
    ...consumerTable(verified.consumers),
    { kind: "notes", lines: [runsLine(verified)] },
    ...replicationBlocks({ summary: verified }),
    ...courseBlocks(result),
    ...sensitivityBlocks(result),
  ];
}

function runsLine({ throttledRatio, lostRecords, replications, seconds }: ReshardResult["verified"]): string {
  const runs = formatItems(replications.count, "run");
  const which = replications.count > 1 ? "; in the first" : "";
  const lost = lostRecords > 0 ? `, ${formatCount(lostRecords)} records are lost` : ", nothing is lost";
  return `${runs} of ${formatNumber(seconds / secondsPerHour)} h${which}: ${formatRatio(throttledRatio)} of all put attempts are throttled${lost}.`;
}

function courseBlocks({ courses }: ReshardResult): Block[] {
  if (courses.length < 2) return [];
  return [
    { kind: "heading", text: "On each course" },
    {
      kind: "table",
      columns: [{ title: "" }, { title: "throttled", align: "right" }, { title: "lost", align: "right" }],
      rows: courses.map(({ file, throttledRatio, lostRecords }) => [
        file,
        formatRatio(throttledRatio),
        formatCount(lostRecords),
      ]),
    },
  ];
}

function sensitivityBlocks({ sensitivity, plan, verified }: ReshardResult): Block[] {
  if (sensitivity.length === 0) return [];
  const planned = {
    more: 0,
    throttledRatio: verified.throttledRatio,
    lostRecords: verified.lostRecords,
    usd: plan.usd,
  };
  return [
    { kind: "heading", text: "If there is more traffic than planned for" },
    {
      kind: "table",
      columns: [
        { title: "traffic" },
        { title: "throttled", align: "right" },
        { title: "lost", align: "right" },
        { title: "cost", align: "right" },
      ],
      rows: [planned, ...sensitivity].map(({ more, throttledRatio, lostRecords, usd }) => [
        more === 0 ? "as planned" : `+${formatRatio(more)}`,
        formatRatio(throttledRatio),
        formatCount(lostRecords),
        formatUsd(usd),
      ]),
    },
  ];
}

/** Rows that are shown of one consumer; the rest is in the JSON. */
const STEPS_SHOWN = 12;

/** What each consumer runs along the plan. */
export function consumerPlanBlocks({ consumers }: ReshardResult): Block[] {
  const told = consumers.filter(({ steps }) => steps.some((step) => wantedOf(step) !== null));
  if (told.length === 0) return [];
  return [
    { kind: "heading", text: "Consumers" },
    {
      kind: "table",
      columns: [
        { title: "" },
        { title: "from" },
        { title: "shards", align: "right" },
        { title: "CPU asks for", align: "right" },
        { title: "run", align: "right" },
      ],
      rows: told.flatMap(({ name, steps }) => [
        ...steps
          .slice(0, STEPS_SHOWN)
          .map((step, index) => [
            index === 0 ? name : "",
            step.at,
            formatCount(step.shards),
            countOrDash(wantedOf(step)),
            runOf(step),
          ]),
        ...(steps.length > STEPS_SHOWN ? [["", `${steps.length - STEPS_SHOWN} more in the JSON`, "", "", ""]] : []),
      ]),
    },
  ];
}

function wantedOf({ workersForCpu, concurrency }: ConsumerStep): number | null {
  return concurrency === undefined ? workersForCpu : concurrency.needed;
}

function countOrDash(count: number | null): string {
  return count === null ? "-" : formatCount(count);
}

/** Workers, or Lambda's invocations at a time, with what keeps them from being more. */
function runOf({ workers, capped, shards, concurrency }: ConsumerStep): string {
  if (concurrency === undefined) return capped ? `${countOrDash(workers)}, as there are shards` : countOrDash(workers);
  if (concurrency.needed === null || concurrency.needed <= concurrency.limit) return countOrDash(concurrency.needed);
  return `${formatCount(concurrency.limit)}, as ${formatItems(shards, "shard")} allow`;
}
