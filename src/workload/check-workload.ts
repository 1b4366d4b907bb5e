/*
 * Rules that span several keys. They look at the document as it was written, beside the schema's own findings, so that one run
 * reports everything; whatever has the wrong shape is left to the schema.
 */

import type { DiagnosticCode } from "../diagnostics/catalogue.js";
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest-name.js";
import { formatPath, type Part, type Path } from "../diagnostics/path.js";
import { isMapping, listOfMappings, type Mapping, readQuantity, toMapping } from "./mapping.js";
import { zoneOffset } from "./zone-offset.js";

type Report = (code: DiagnosticCode, path: Path, part: Part, message: string, fix: string) => void;

/** Findings about keys that exclude or need each other, names that clash, and names that refer to nothing. */
export function checkWorkload(document: unknown): Diagnostic[] {
  const found: Diagnostic[] = [];
  const report: Report = (code, path, part, message, fix) => {
    found.push(diagnose(code, message, fix, { path, part }));
  };
  const root = toMapping(document);
  const producers = listOfMappings(root["producers"]);
  const consumers = listOfMappings(root["consumers"]);
  checkNames(producers, "producers", report);
  checkNames(consumers, "consumers", report);
  for (const [index, producer] of producers.entries()) checkProducer(producer, ["producers", index], report);
  for (const [index, consumer] of consumers.entries())
    checkAutoscaling(toMapping(consumer["autoscaling"]), ["consumers", index, "autoscaling"], report);
  checkScenario(listOfMappings(root["scenario"]), consumers, report);
  return found;
}

function checkNames(items: readonly Mapping[], list: string, report: Report): void {
  const seen = new Set<unknown>();
  for (const [index, { name }] of items.entries()) {
    if (typeof name !== "string") continue;
    if (seen.has(name))
      report(
        "duplicate-name",
        [list, index, "name"],
        "value",
        `two ${list} are named ${JSON.stringify(name)}`,
        "give each its own name",
      );
    seen.add(name);
  }
}

function checkProducer(producer: Mapping, path: Path, report: Report): void {
  needExactlyOne(producer, ["records", "traffic"], path, report);
  if (isMapping(producer["traffic"])) checkTraffic(producer["traffic"], [...path, "traffic"], report);
  if (isMapping(producer["keys"])) checkKeys(producer["keys"], [...path, "keys"], report);
  if (isMapping(producer["aggregation"])) checkAggregation(producer, producer["aggregation"], path, report);
  const size = readQuantity(producer["recordSize"], "bytes");
  const largest = readQuantity(producer["recordSizeMax"], "bytes");
  if (size !== undefined && largest !== undefined && largest < size) {
    report(
      "conflicting-keys",
      [...path, "recordSizeMax"],
      "value",
      "the largest record is smaller than the mean record",
      "raise `recordSizeMax` or lower `recordSize`",
    );
  }
}

function checkAutoscaling({ min, max }: Mapping, path: Path, report: Report): void {
  if (typeof min !== "number" || typeof max !== "number" || min <= max) return;
  report(
    "conflicting-keys",
    [...path, "max"],
    "value",
    "the most workers are fewer than the fewest",
    "raise `max` or lower `min`",
  );
}

function needExactlyOne(owner: Mapping, keys: readonly string[], path: Path, report: Report): void {
  const present = keys.filter((key) => owner[key] !== undefined);
  const choice = keys.map((key) => `\`${key}\``).join(" or ");
  const [, second] = present;
  if (present.length === 0)
    report("missing-key", path, "key", `\`${formatPath(path)}\` needs ${choice}`, `add ${choice}`);
  if (second !== undefined) {
    report(
      "conflicting-keys",
      [...path, second],
      "key",
      `\`${formatPath(path)}\` has both \`${present[0]}\` and \`${second}\``,
      "keep one of them",
    );
  }
}

function checkTraffic(traffic: Mapping, path: Path, report: Report): void {
  needExactlyOne(traffic, ["daily", "timeline", "trace"], path, report);
  for (const key of ["interpolate", "repeat"]) {
    if (traffic[key] !== undefined && traffic["timeline"] === undefined) {
      report("conflicting-keys", [...path, key], "key", `\`${key}\` goes with \`timeline\` only`, "remove it");
    }
  }
  if (isMapping(traffic["daily"])) checkDaily(traffic["daily"], [...path, "daily"], report);
  checkTimeline(traffic, path, report);
}

function checkDaily(daily: Mapping, path: Path, report: Report): void {
  const low = readQuantity(daily["low"], "recordsPerSecond");
  const high = readQuantity(daily["high"], "recordsPerSecond");
  if (low !== undefined && high !== undefined && low > high) {
    report("conflicting-keys", [...path, "low"], "value", "`low` is above `high`", "swap the two");
  }
  const zone = daily["timezone"];
  if (typeof zone === "string" && zoneOffset(zone) === undefined) {
    report(
      "wrong-value",
      [...path, "timezone"],
      "value",
      `${JSON.stringify(zone)} is not an IANA time zone`,
      "write a zone such as Europe/Berlin or UTC",
    );
  }
}

function checkTimeline(traffic: Mapping, path: Path, report: Report): void {
  const repeat = readQuantity(traffic["repeat"], "seconds");
  let previous = -1;
  for (const [index, point] of listOfMappings(traffic["timeline"]).entries()) {
    const at = readQuantity(point["at"], "seconds");
    if (at === undefined) continue;
    const here = [...path, "timeline", index, "at"];
    if (at <= previous)
      report(
        "out-of-range",
        here,
        "value",
        "the points of a timeline must follow each other in time",
        "sort them, and give each its own time",
      );
    if (repeat !== undefined && at > repeat)
      report(
        "conflicting-keys",
        here,
        "value",
        "the point lies after the end of the cycle that `repeat` gives",
        "raise `repeat` or remove the point",
      );
    previous = at;
  }
}

function checkKeys(keys: Mapping, path: Path, report: Report): void {
  needExactlyOne(keys, ["count", "hottest", "weightsFile"], path, report);
  for (const key of ["distribution", "exponent"]) {
    if (keys[key] !== undefined && keys["count"] === undefined)
      report("conflicting-keys", [...path, key], "key", `\`${key}\` goes with \`count\``, "add `count`, or remove it");
  }
  if (keys["exponent"] !== undefined && keys["distribution"] !== "zipf") {
    report(
      "conflicting-keys",
      [...path, "exponent"],
      "key",
      "`exponent` goes with `distribution: zipf`",
      "add `distribution: zipf`, or remove it",
    );
  }
}

function checkAggregation(producer: Mapping, aggregation: Mapping, path: Path, report: Report): void {
  needExactlyOne(aggregation, ["recordsPerBatch", "maxSize"], [...path, "aggregation"], report);
  const keySize = readQuantity(aggregation["keySize"], "bytes");
  const recordSize = readQuantity(producer["recordSize"], "bytes");
  if (keySize !== undefined && recordSize !== undefined && keySize > recordSize) {
    report(
      "conflicting-keys",
      [...path, "aggregation", "keySize"],
      "value",
      "`keySize` is larger than `recordSize`, which counts data and key",
      "lower `keySize`, or state `recordSize` with its key",
    );
  }
}

function checkScenario(events: readonly Mapping[], consumers: readonly Mapping[], report: Report): void {
  const names = consumers.map(({ name }) => name).filter((name) => typeof name === "string");
  for (const [index, { consumer }] of events.entries()) {
    if (typeof consumer !== "string" || names.includes(consumer)) continue;
    const near = nearestName(consumer, names);
    const fix =
      near !== undefined
        ? `did you mean ${JSON.stringify(near)}?`
        : names.length > 0
          ? `the consumers are ${names.join(", ")}`
          : "add the consumer";
    report(
      "unknown-name",
      ["scenario", index, "consumer"],
      "value",
      `no consumer is named ${JSON.stringify(consumer)}`,
      fix,
    );
  }
}
