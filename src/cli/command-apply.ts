import { basename, dirname, extname, join, resolve } from "node:path";
import { type Diagnostic, diagnose, OutsideError, UserError } from "../diagnostics/diagnostic.js";
import { carryOut, type Ending, lateSecondsDefault } from "../planning/apply/carry-out.js";
import { type ApplyOutcome, concludeApply } from "../planning/apply/conclude-apply.js";
import { emitPlan, emitters } from "../planning/apply/emit-plan.js";
import { beginJournal, checkJournal } from "../planning/apply/journal.js";
import { needsShards } from "../planning/apply/stream-state.js";
import { checkStart, nextStart } from "../planning/reshard/plan-start.js";
import { presentApply } from "../report/present-apply.js";
import { secondsPerMinute } from "../units/dimension.js";
import { formatItems } from "../units/format-quantity.js";
import { parseQuantity } from "../units/parse-quantity.js";
import { bounds } from "../workload/bounds.js";
import { formatTimestamp, parseTimestamp } from "../workload/parse-timestamp.js";
import { type Journal, parseJournal } from "../workload/saved-journal.js";
import { parsePlan, type SavedPlan } from "../workload/saved-plan.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import type { LiveMachine } from "./live-machine.js";
import { loadCatalogue } from "./load-limits.js";
import { type OutputOptions, print, usage, writeAnswer, writeFile } from "./output.js";
import { readSeconds, readTime } from "./read-flags.js";
import { displayName, readText } from "./read-input.js";

export interface ApplyFlags {
  readonly limits?: string;
  readonly execute?: boolean;
  readonly emit?: string;
  readonly startAt?: string;
  readonly until?: string;
  readonly late?: string;
  readonly journal?: string;
  readonly stream?: string;
  readonly region?: string;
  readonly account?: string;
  readonly endpointUrl?: string;
}

/** `kinesis-plan apply PLAN` */
export async function runApply(host: Host, file: string, flags: ApplyFlags, output: OutputOptions): Promise<ExitCode> {
  const facts = (await loadCatalogue(host, flags.limits)).forRegion("us-east-1");
  const { plan, diagnostics } = await parsePlan(displayName(file), await readText(host, file), facts);
  if (plan === undefined) throw new UserError(diagnostics);
  checkTarget(plan, flags, host.env);
  if (flags.emit !== undefined) return emit(host, plan, flags);
  const request = { plan, journalPath: flags.journal ?? journalBeside(file), flags };
  if (flags.execute !== true) {
    const journal = await readJournal(host, request);
    const outcome = { ...request, journal, startsAt: await startOf(host, plan, journal, flags) };
    await writeAnswer(host, presentApply(concludeApply(outcome)), output);
    return exitCodes.ok;
  }
  if (file === "-") throw usage("--execute keeps a journal beside the plan", "save the plan in a file first");
  const outcome = await execute(host, request);
  await writeAnswer(host, presentApply(concludeApply(outcome)), output);
  const isFine = outcome.ending.kind === "finished" || outcome.ending.kind === "until";
  return isFine ? exitCodes.ok : exitCodes.outside;
}

interface ApplyRequest {
  readonly plan: SavedPlan;
  readonly journalPath: string;
  readonly flags: ApplyFlags;
}

/** Carries the plan out, alone: two at a time would each make the other's calls. */
async function execute(host: Host, request: ApplyRequest): Promise<ApplyOutcome & { readonly ending: Ending }> {
  const live = await host.live();
  const release = await live.lock(resolve(request.journalPath));
  if (release === undefined)
    throw new OutsideError(`another process is carrying out this plan: it has the journal ${request.journalPath}`);
  try {
    return await executeAlone(host, live, request);
  } finally {
    release();
  }
}

async function executeAlone(
  host: Host,
  live: LiveMachine,
  request: ApplyRequest,
): Promise<ApplyOutcome & { readonly ending: Ending }> {
  const { plan, journalPath, flags } = request;
  const saved = await readJournal(host, request);
  const startsAt = (await startOf(host, plan, saved, flags)) ?? Math.floor(live.now());
  const settings = {
    until: readUntil(flags.until, startsAt),
    lateSecondsMax: flags.late === undefined ? lateSecondsDefault : readSeconds("--late", flags.late, 0),
    account: flags.account ?? plan.stream.account,
  };
  let journal = saved ?? beginJournal(plan, formatTimestamp(startsAt));
  const save = async (next: Journal): Promise<void> => {
    await writeFile(host, journalPath, [`${JSON.stringify(next, null, 2)}\n`]);
    journal = next;
  };
  live.onInterrupt(() => lastWords(journal, journalPath));
  const stream = await live.connect({
    name: plan.stream.name,
    region: plan.stream.region,
    endpointUrl: flags.endpointUrl,
    withShards: needsShards(plan.calls),
  });
  try {
    const tell = (what: string): void => {
      if (host.isErrTty) host.writeErr(`${formatTimestamp(Math.floor(live.now()))} ${what}\n`);
    };
    const machine = { stream, now: live.now, sleep: live.sleep, save, tell };
    return { plan, journalPath, startsAt, ...(await carryOut(plan, journal, settings, machine)) };
  } finally {
    stream.close();
  }
}

function lastWords({ calls }: Journal, path: string): string {
  const left = calls.filter(({ state }) => state !== "done").length;
  return `\ninterrupted with ${formatItems(left, "call")} left; the same command goes on from ${path}\n`;
}

/** `plan.json` has its journal in `plan.journal.json`. */
function journalBeside(file: string): string {
  if (file === "-") return "plan.journal.json";
  const ending = extname(file);
  return join(dirname(file), `${basename(file, ending)}.journal.json`);
}

/** What was carried out so far; undefined where nothing was. */
async function readJournal(host: Host, { plan, journalPath: path }: ApplyRequest): Promise<Journal | undefined> {
  if (!(await isThere(host, path))) return undefined;
  const { journal, diagnostics } = await parseJournal(path, await readText(host, path));
  if (journal !== undefined) {
    checkJournal(journal, plan, path);
    return journal;
  }
  if (diagnostics.length > 0) throw new UserError(diagnostics);
  throw new UserError([
    diagnose("empty-input", `the journal ${path} is empty`, "move it away if nothing of this plan was carried out"),
  ]);
}

async function isThere(host: Host, path: string): Promise<boolean> {
  try {
    for await (const _ of host.open(path)) break;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw new OutsideError(`cannot read the journal ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** When the plan starts, in seconds since 1970; undefined where it is not carried out yet and nothing says. */
async function startOf(
  host: Host,
  plan: SavedPlan,
  journal: Journal | undefined,
  { startAt, execute: isExecuted }: ApplyFlags,
): Promise<number | undefined> {
  const asked = startAt === undefined || startAt === "now" ? undefined : readTime("--start-at", startAt);
  if (journal !== undefined) {
    const begun = parseTimestamp(journal.startsAt);
    if (asked === undefined || asked === begun) return begun;
    throw usage(`the plan was begun with its start at ${journal.startsAt}`, "leave out --start-at to go on");
  }
  if (startAt === "now") return (await host.live()).now();
  const startsAt = asked ?? plan.startsAt ?? (isExecuted === true ? Math.floor((await host.live()).now()) : undefined);
  if (startsAt !== undefined) checkStart(plan.startsOn, startsAt);
  return startsAt;
}

/** When no further call is made: a time, or a duration from the start. */
function readUntil(until: string | undefined, startsAt: number): number {
  if (until === undefined) return Number.POSITIVE_INFINITY;
  const duration = parseQuantity(until, "seconds");
  if (!duration.ok) return readTime("--until", until);
  if (duration.value < 0 || duration.value > bounds.horizonSeconds)
    throw usage(`--until ${until} is out of range`, "write a duration from the plan's start, such as 12h, or a time");
  return startsAt + duration.value;
}

/** The plan is for the stream, region and account that the user means. */
function checkTarget({ stream }: SavedPlan, flags: ApplyFlags, env: Host["env"]): void {
  const wrong: Diagnostic[] = [];
  const compare = (what: string, planned: string | undefined, meant: string | undefined, source: string): void => {
    if (planned === undefined || meant === undefined || meant === "" || planned === meant) return;
    const message = `the plan is for the ${what} ${planned}, and ${source} says ${meant}`;
    wrong.push(diagnose("conflicting-keys", message, `save a plan for it, or say --${what} ${planned}`));
  };
  compare("stream", stream.name, flags.stream, "--stream");
  compare("account", stream.account, flags.account, "--account");
  if (flags.region === undefined) {
    const source = env["AWS_REGION"] === undefined ? "AWS_DEFAULT_REGION" : "AWS_REGION";
    if (flags.execute === true) compare("region", stream.region, env[source], source);
  } else compare("region", stream.region, flags.region, "--region");
  if (wrong.length > 0) throw new UserError(wrong);
}

/** Prints the plan for something else to carry it out. */
async function emit(host: Host, plan: SavedPlan, flags: ApplyFlags): Promise<ExitCode> {
  const { emit: asked, execute: isExecuted } = flags;
  if (isExecuted === true) throw usage("--emit prints the plan, --execute carries it out", "choose one of them");
  const emitter = emitters.find((one) => one === asked);
  if (emitter === undefined)
    throw usage(`--emit does not know ${JSON.stringify(asked)}`, `use one of ${emitters.join(", ")}`);
  const given = await startOf(host, plan, undefined, flags);
  const startsAt = given ?? (emitter === "eventbridge" ? await nextMinute(host, plan) : undefined);
  await print(host, emitPlan(plan, emitter, startsAt));
  return exitCodes.ok;
}

/** Schedules have times, so that a plan without a start begins when they are made, or when its clock says. */
async function nextMinute(host: Host, { startsOn }: SavedPlan): Promise<number> {
  const live = await host.live();
  const minute = Math.ceil(live.now() / secondsPerMinute) * secondsPerMinute;
  return startsOn === undefined ? minute : nextStart(startsOn, minute);
}
