import { basename, dirname, extname, join, resolve } from "node:path";
import { type Diagnostic, diagnose, OutsideError, UserError } from "../diagnostics/diagnostic.js";
import { carryOut, type Ending, lateSecondsDefault } from "../planning/apply/carry-out.js";
import { concludeApply } from "../planning/apply/conclude-apply.js";
import { emitPlan, emitters } from "../planning/apply/emit-plan.js";
import { beginJournal, checkJournal } from "../planning/apply/journal.js";
import { needsShards } from "../planning/apply/stream-state.js";
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
import { loadCatalogue } from "./load-limits.js";
import { type OutputOptions, print, usage, writeAnswer, writeFile } from "./output.js";
import { readSeconds } from "./read-flags.js";
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
  const times = readTimes(flags, plan);
  checkTarget(plan, flags, host.env);
  const journalPath = flags.journal ?? journalBeside(file);
  if (flags.emit !== undefined) return emit(host, plan, flags, times);
  const journal = await readJournal(host, journalPath);
  if (journal !== undefined) checkJournal(journal, plan, journalPath);
  const startsAt = journal === undefined ? times.startsAt : parseTimestamp(journal.startsAt);
  const found = { plan, journal, journalPath, diagnostics: [] };
  if (flags.execute !== true) {
    await writeAnswer(host, presentApply(concludeApply({ ...found, startsAt })), output);
    return exitCodes.ok;
  }
  if (file === "-") throw usage("--execute keeps a journal beside the plan", "save the plan in a file first");
  const done = await execute(host, { ...found, startsAt, until: times.until, flags });
  await writeAnswer(host, presentApply(concludeApply({ ...found, ...done })), output);
  return done.ending.kind === "finished" || done.ending.kind === "until" ? exitCodes.ok : exitCodes.outside;
}

interface Execution {
  readonly plan: SavedPlan;
  readonly journal: Journal | undefined;
  readonly journalPath: string;
  readonly startsAt: number | undefined;
  readonly until: (startsAt: number) => number;
  readonly flags: ApplyFlags;
}

/** Carries the plan out, alone: two at a time would each make the other's calls. */
async function execute(
  host: Host,
  { plan, journal: saved, journalPath, startsAt: given, until, flags }: Execution,
): Promise<{ journal: Journal; ending: Ending; startsAt: number }> {
  const live = await host.live();
  const release = await live.lock(resolve(journalPath));
  if (release === undefined)
    throw new OutsideError(`another process is carrying out this plan: it has the journal ${journalPath}`);
  const startsAt = given ?? live.now();
  let journal = saved ?? beginJournal(plan, formatTimestamp(startsAt));
  const save = async (next: Journal): Promise<void> => {
    await writeFile(host, journalPath, [`${JSON.stringify(next, null, 2)}\n`]);
    journal = next;
  };
  live.onInterrupt(() => lastWords(journal, journalPath));
  const { name, region } = plan.stream;
  const stream = await live.connect({
    name,
    region,
    endpointUrl: flags.endpointUrl,
    withShards: needsShards(plan.calls),
  });
  try {
    await save(journal);
    const settings = {
      until: until(startsAt),
      lateSecondsMax: flags.late === undefined ? lateSecondsDefault : readSeconds("--late", flags.late, 0),
      account: flags.account ?? plan.stream.account,
    };
    const machine = {
      stream,
      now: live.now,
      sleep: live.sleep,
      save,
      tell: (what: string) => {
        if (host.isErrTty) host.writeErr(`${formatTimestamp(Math.floor(live.now()))} ${what}\n`);
      },
    };
    return { ...(await carryOut(plan, journal, settings, machine)), startsAt };
  } finally {
    stream.close();
    release();
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

async function readJournal(host: Host, path: string): Promise<Journal | undefined> {
  if (!(await isThere(host, path))) return undefined;
  const { journal, diagnostics } = await parseJournal(path, await readText(host, path));
  if (journal !== undefined) return journal;
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

interface Times {
  readonly startsAt: number | undefined;
  readonly until: (startsAt: number) => number;
}

/** When the plan starts, and when no further call is made: a time, or a duration from the start. */
function readTimes({ startAt, until }: ApplyFlags, plan: SavedPlan): Times {
  const startsAt = startAt === undefined ? plan.startsAt : readTime("--start-at", startAt);
  if (until === undefined) return { startsAt, until: () => Number.POSITIVE_INFINITY };
  const duration = parseQuantity(until, "seconds");
  if (!duration.ok) {
    const time = readTime("--until", until);
    return { startsAt, until: () => time };
  }
  if (duration.value < 0 || duration.value > bounds.horizonSeconds)
    throw usage(`--until ${until} is out of range`, "write a duration from the plan's start, such as 12h, or a time");
  return { startsAt, until: (start) => start + duration.value };
}

function readTime(flag: string, text: string): number {
  const time = parseTimestamp(text);
  if (time === undefined) throw usage(`${flag} ${JSON.stringify(text)} is no time`, "write 2026-12-01T06:00:00Z");
  return time;
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
async function emit(
  host: Host,
  plan: SavedPlan,
  { emit: asked, execute }: ApplyFlags,
  times: Times,
): Promise<ExitCode> {
  if (execute === true) throw usage("--emit prints the plan, --execute carries it out", "choose one of them");
  const emitter = emitters.find((one) => one === asked);
  if (emitter === undefined)
    throw usage(`--emit does not know ${JSON.stringify(asked)}`, `use one of ${emitters.join(", ")}`);
  const startsAt = times.startsAt ?? (emitter === "eventbridge" ? await nextMinute(host) : undefined);
  await print(host, emitPlan(plan, emitter, startsAt));
  return exitCodes.ok;
}

/** Schedules have times, so that a plan without a start begins when they are made. */
async function nextMinute(host: Host): Promise<number> {
  const live = await host.live();
  return Math.ceil(live.now() / secondsPerMinute) * secondsPerMinute;
}
