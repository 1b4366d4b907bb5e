import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { ReportDocument } from "../report/document.js";
import { presentSizing } from "../report/present-sizing.js";
import type { ServiceCatalogue } from "../service/service-facts.js";
import { explainSizing } from "../sizing/explain.js";
import { type SizedWorkload, type SizeOptions, type Sizing, sizeWithBasis, yearBefore } from "../sizing/size.js";
import { parseQuantity } from "../units/parse-quantity.js";
import { bounds } from "../workload/bounds.js";
import { placeDiagnostics } from "../workload/yaml-document.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import { loadCatalogue } from "./load-limits.js";
import { type LoadedWorkload, loadWorkloads } from "./load-workloads.js";
import { type OutputOptions, usage, writeAnswer } from "./output.js";

export interface SizeFlags {
  readonly set?: readonly string[];
  readonly limits?: string;
  readonly shards?: string;
  readonly reverse?: true;
  readonly explain?: true;
  readonly horizon?: string;
  readonly seed: string;
}

/** `kinesis-plan size FILE...` */
export async function runSize(
  host: Host,
  files: readonly string[],
  flags: SizeFlags,
  output: OutputOptions,
): Promise<ExitCode> {
  const asked = readFlags(flags);
  if (files.filter((file) => file === "-").length > 1) throw usage("standard input can be read once", "name - once");
  const catalogue = await loadCatalogue(host, flags.limits);
  const loaded = await loadWorkloads(host, files, flags.set ?? [], catalogue);
  const [only] = loaded;
  if (flags.reverse === true) return answerReverse(host, loaded, asked, catalogue, output);
  if (loaded.length === 1 && only !== undefined)
    return answerOne(host, only, asked, catalogue, flags.explain === true, output);
  if (flags.explain === true) throw usage("--explain takes one workload", "name one file with one document");
  const { sizeFleet } = await import("../sizing/fleet.js");
  const { presentFleet } = await import("../report/present-fleet.js");
  const sized = loaded.map((one) => sizePlaced(one, asked, catalogue).sizing);
  return finish(host, presentFleet(sizeFleet(sized, catalogue)), sized, output);
}

async function answerOne(
  host: Host,
  one: LoadedWorkload,
  asked: Asked,
  catalogue: ServiceCatalogue,
  explain: boolean,
  output: OutputOptions,
): Promise<ExitCode> {
  const { sizing, basis } = sizePlaced(one, asked, catalogue);
  return finish(host, presentSizing(sizing, explain ? explainSizing(basis) : []), [sizing], output);
}

/** The sizing of a workload, its findings with their places. */
function sizePlaced(one: LoadedWorkload, asked: Asked, catalogue: ServiceCatalogue): SizedWorkload {
  const { sizing, basis } = sizeWithBasis(one.workload, optionsFor(one, asked, catalogue));
  return { sizing: { ...sizing, diagnostics: findingsOf(one, sizing) }, basis };
}

/** What there is to say about an answer and about its file, each with its place. */
function findingsOf({ document, hints }: LoadedWorkload, { diagnostics }: Pick<Sizing, "diagnostics">): Diagnostic[] {
  return placeDiagnostics(document, [...diagnostics, ...hints]);
}

async function finish(
  host: Host,
  report: ReportDocument,
  sized: readonly Sizing[],
  output: OutputOptions,
): Promise<ExitCode> {
  await writeAnswer(host, report, output);
  noteAge(host, sized);
  return sized.some(({ status }) => status === "infeasible") ? exitCodes.unsatisfied : exitCodes.ok;
}

/** The answer itself does not depend on the day; a version that has grown old since says so beside it. */
function noteAge(host: Host, sized: readonly Sizing[]): void {
  const yearAgo = yearBefore(host.today);
  const old = sized.find(
    ({ cost, diagnostics }) => cost.pricesReadOn < yearAgo && !diagnostics.some(({ code }) => code === "prices-old"),
  );
  if (old === undefined) return;
  host.writeErr(
    `Prices were last confirmed on ${old.cost.pricesReadOn}, more than a year ago; correct them with --limits.\n`,
  );
}

interface Asked {
  readonly shards?: number;
  readonly horizonSeconds?: number;
}

function readFlags({ shards, reverse, explain, horizon, seed }: SizeFlags): Asked {
  if (!/^\d{1,15}$/.test(seed))
    throw usage(`--seed ${JSON.stringify(seed)} is not a whole number`, "write a number such as 1");
  if (reverse === true && explain === true) throw usage("--explain does not go with --reverse", "ask for one of them");
  if (reverse === true && shards === undefined) throw usage("--reverse needs a shard count", "add --shards N");
  const asked: { shards?: number; horizonSeconds?: number } = {};
  if (shards !== undefined) {
    if (!/^[1-9]\d{0,6}$/.test(shards))
      throw usage(
        `--shards ${JSON.stringify(shards)} is not a shard count`,
        "write a whole number from 1 to 9,999,999",
      );
    asked.shards = Number(shards);
  }
  if (horizon !== undefined) asked.horizonSeconds = readHorizon(horizon);
  return asked;
}

function readHorizon(text: string): number {
  const parsed = parseQuantity(text, "seconds");
  if (!parsed.ok) throw usage(`--horizon: ${parsed.reason}`, parsed.fix);
  if (parsed.value < 60 || parsed.value > bounds.horizonSeconds)
    throw usage(`--horizon ${text} is out of range`, "write a duration from 1m to 1500d, such as 90d");
  return parsed.value;
}

function optionsFor({ workload, attachments }: LoadedWorkload, asked: Asked, catalogue: ServiceCatalogue): SizeOptions {
  return { facts: catalogue.forRegion(workload.stream.region), attachments, ...asked };
}

async function answerReverse(
  host: Host,
  loaded: readonly LoadedWorkload[],
  asked: Asked,
  catalogue: ServiceCatalogue,
  output: OutputOptions,
): Promise<ExitCode> {
  const [one] = loaded;
  if (one === undefined || loaded.length > 1 || asked.shards === undefined)
    throw usage("--reverse takes one workload", "name one file with one document");
  const { reverseSize } = await import("../sizing/reverse.js");
  const { presentReverse } = await import("../report/present-reverse.js");
  const reverse = reverseSize(one.workload, asked.shards, optionsFor(one, asked, catalogue));
  await writeAnswer(host, presentReverse({ ...reverse, diagnostics: findingsOf(one, reverse) }), output);
  return reverse.status === "infeasible" ? exitCodes.unsatisfied : exitCodes.ok;
}
