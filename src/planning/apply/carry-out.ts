/*
 * Carries a plan out, call by call. A call whose answer never came may have been made: before it is sent again, the stream is looked
 * at until its fate is known. The journal is saved before and after each call, so that the same holds for a process that died.
 */
import { secondsPerHour, secondsPerMinute } from "../../units/dimension.js";
import { formatDuration, formatItems } from "../../units/format-quantity.js";
import { formatTimestamp, parseTimestamp } from "../../workload/parse-timestamp.js";
import type { Journal, JournalCall } from "../../workload/saved-journal.js";
import type { PlannedCall, SavedPlan } from "../../workload/saved-plan.js";
import { withCall, withStream } from "./journal.js";
import { type ExpectedCall, expectCalls, isAfter, isBefore, type StreamState } from "./stream-state.js";

/**
 * Why a call of the API failed. `limit`: LimitExceeded. `busy`: another operation runs. `throttled`: too many calls a second. None of
 * these was carried out. `unclear`: the connection broke or the service failed, and the call may have been carried out. `refused`: it
 * was not, and would not be if it were made again.
 */
export type FailureKind = "limit" | "busy" | "throttled" | "unclear" | "refused";

export class CallFailure extends Error {
  override readonly name = "CallFailure";
  readonly kind: FailureKind;

  constructor(message: string, { kind, cause }: { readonly kind: FailureKind; readonly cause?: unknown }) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** The stream that a plan is carried out on. Both throw CallFailure. */
export interface LiveStream {
  describe(): Promise<StreamState>;
  make(call: PlannedCall, state: StreamState): Promise<void>;
}

/** What carrying out asks of its surroundings. */
export interface ApplyMachine {
  readonly stream: LiveStream;
  /** Seconds since 1970. */
  now(): number;
  sleep(seconds: number): Promise<void>;
  /** Resolves when the journal is safe. */
  save(journal: Journal): Promise<void>;
  /** Says what is going on to whoever watches. */
  tell(what: string): void;
}

export interface ApplySettings {
  /** No call that is due at this time or later is made, in seconds since 1970. */
  readonly until: number;
  /** A call that is due for longer than this is not made. */
  readonly lateSecondsMax: number;
  /** The account that the stream must belong to, if any is named. */
  readonly account: string | undefined;
}

/**
 * How it ended. `finished`: every call is made. `until`: those before the given time are. Else a call stands in the way: it came too
 * `late`, the stream `differs` from what the plan expects, a `limit` is reached, the service `refused`, or was `unreachable`.
 */
export interface Ending {
  readonly kind: "finished" | "until" | "late" | "differs" | "limit" | "refused" | "unreachable";
  readonly message: string;
  readonly fix: string;
}

/** How long a request is kept open. */
export const requestSeconds = 5;

/**
 * How long a call may take to show: one whose answer never came, until its request is surely over, and one that the service took. AWS
 * says that the stream is UPDATING at once.
 */
const showSeconds = { calling: 2 * requestSeconds, called: 2 * secondsPerMinute } as const;

/** Times in seconds between looks at a stream that is being updated, and between tries of a call that failed. */
const waits = { first: 1, factor: 3 / 2, longest: 15 } as const;

/** Failures that pass are borne for so long. */
const patienceSeconds = 15 * secondsPerMinute;

/** Carries a plan out from where its journal stands. */
export async function carryOut(
  plan: SavedPlan,
  journal: Journal,
  settings: ApplySettings,
  machine: ApplyMachine,
): Promise<{ journal: Journal; ending: Ending }> {
  const run = new PlanRun(journal, settings, machine);
  try {
    for (const [index, expected] of expectCalls(plan.startShards, plan.calls).entries()) {
      if (run.stateOf(index) === "done") continue;
      await run.begin(expected);
      await run.awaitTime(index, expected);
      await run.complete(index, expected);
    }
    return { journal: run.journal, ending: { kind: "finished", message: "", fix: "" } };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { journal: run.journal, ending: error.ending };
  }
}

/** Ends a run; not an error of the program's. */
class Stop extends Error {
  readonly ending: Ending;

  constructor(kind: Ending["kind"], message: string, fix: string) {
    super(message);
    this.ending = { kind, message, fix };
  }
}

class PlanRun {
  journal: Journal;
  readonly #settings: ApplySettings;
  readonly #machine: ApplyMachine;

  constructor(journal: Journal, settings: ApplySettings, machine: ApplyMachine) {
    this.journal = journal;
    this.#settings = settings;
    this.#machine = machine;
  }

  stateOf(index: number): JournalCall["state"] {
    return this.#callAt(index).state;
  }

  /** The plan has begun, and its start is written down, once the stream is found to be the right one. */
  async begin(expected: ExpectedCall): Promise<void> {
    if (this.journal.stream.arn !== null) return;
    this.journal = withStream(this.journal, await this.#whenActive(expected));
    await this.#machine.save(this.journal);
  }

  /** Waits until a call is due. One that was begun is due whatever the time. */
  async awaitTime(index: number, expected: ExpectedCall): Promise<void> {
    const { until, lateSecondsMax } = this.#settings;
    const { state } = this.#callAt(index);
    if (state !== "planned") return;
    const due = this.#dueTime(index);
    if (due >= until) throw new Stop("until", `the next call is due at ${formatTimestamp(due)}`, "run it again later");
    if (due > this.#machine.now()) await this.#lookAhead(index, expected);
    await this.#sleepUntil(due, index);
    const late = this.#machine.now() - due;
    if (late <= lateSecondsMax) return;
    throw new Stop(
      "late",
      `call ${index + 1} was due at ${formatTimestamp(due)}, ${formatDuration(Math.floor(late))} ago`,
      "plan anew from what the stream has now, or make it all the same with a longer --late",
    );
  }

  /** What stands in the way of a call shows before it is waited for. Until the plan starts, the stream may have any count. */
  async #lookAhead(index: number, expected: ExpectedCall): Promise<void> {
    const state = await this.#whenActive(expected);
    const hasBegun = this.#machine.now() >= (parseTimestamp(this.journal.startsAt) ?? 0);
    if (hasBegun && !isBefore(expected, state)) throw differs(index, expected, state);
  }

  /** Splits and merges follow one another: the sooner a hot shard is relieved, the better. Counts go by the clock. */
  #dueTime(index: number): number {
    const { operation, atSeconds } = this.#callAt(index);
    if (operation !== "update-shard-count" && index > 0) return this.#machine.now();
    return (parseTimestamp(this.journal.startsAt) ?? 0) + atSeconds;
  }

  async #sleepUntil(due: number, index: number): Promise<void> {
    if (this.#machine.now() < due) this.#machine.tell(`call ${index + 1} is due at ${formatTimestamp(due)}`);
    // In short sleeps, since clocks are set and machines are suspended.
    for (let left = due - this.#machine.now(); left > 0; left = due - this.#machine.now())
      await this.#machine.sleep(Math.min(left, secondsPerMinute));
  }

  /** Makes a call, unless it was made before, and waits until the stream is what it leads to. */
  async complete(index: number, expected: ExpectedCall): Promise<void> {
    const failures = new Failures(this.#machine);
    for (;;) {
      const state = await this.#whenActive(expected);
      if (this.stateOf(index) !== "planned" && isAfter(expected, state)) return this.#finish(index);
      if (!isBefore(expected, state)) throw differs(index, expected, state);
      if (await this.#maySettle(index)) continue;
      if (this.stateOf(index) === "called") throw undone(index, state);
      await this.#make(index, expected, state, failures);
    }
  }

  async #finish(index: number): Promise<void> {
    await this.#note(index, { state: "done", doneAt: this.#timestamp() });
    this.#machine.tell(`call ${index + 1} is done`);
  }

  /** Sends the call. What comes of it shows at the next look. */
  async #make(index: number, { call }: ExpectedCall, state: StreamState, failures: Failures): Promise<void> {
    const tries = this.#callAt(index).tries + 1;
    const before = this.stateOf(index);
    await this.#note(index, { state: "calling", tries, callingAt: this.#timestamp() });
    try {
      await this.#machine.stream.make(call, state);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      // An earlier try may have been carried out all the same, and be why this one was not.
      if (error.kind !== "unclear") await this.#note(index, { state: before });
      return failures.bear(error);
    }
    await this.#note(index, { state: "called", calledAt: this.#timestamp() });
    this.#machine.tell(`call ${index + 1} is made; the stream is being updated`);
  }

  /** Waits out the time in which a call that was sent may still show; false once it is over, or where none was sent. */
  async #maySettle(index: number): Promise<boolean> {
    const { state, callingAt, calledAt } = this.#callAt(index);
    if (state !== "calling" && state !== "called") return false;
    const since = parseTimestamp((state === "calling" ? callingAt : calledAt) ?? "") ?? 0;
    const left = since + showSeconds[state] - this.#machine.now();
    // A clock that was set back must not make this wait for long.
    if (left <= 0 || left > showSeconds[state]) return false;
    await this.#machine.sleep(Math.min(left, waits.first));
    return true;
  }

  async #whenActive(expected: ExpectedCall): Promise<StreamState> {
    for (let wait = waits.first as number; ; wait = Math.min(wait * waits.factor, waits.longest)) {
      const state = await this.#describe();
      this.#checkIdentity(state);
      if (state.status === "ACTIVE") return state;
      if (state.status !== "UPDATING" && state.status !== "CREATING")
        throw new Stop(
          "differs",
          `the stream is ${state.status}`,
          `the plan expects ${expected.openBefore} open shards`,
        );
      await this.#machine.sleep(wait);
    }
  }

  async #describe(): Promise<StreamState> {
    const failures = new Failures(this.#machine);
    for (;;) {
      try {
        return await this.#machine.stream.describe();
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        await failures.bear(error);
      }
    }
  }

  #checkIdentity({ arn, createdAt, mode }: StreamState): void {
    const { stream } = this.journal;
    if (stream.arn !== null && (stream.arn !== arn || stream.createdAt !== createdAt))
      throw new Stop(
        "differs",
        stream.arn === arn
          ? "the stream was created anew since the plan was begun"
          : `the stream is ${arn}, and the plan was begun on ${stream.arn}`,
        "plan anew for this stream",
      );
    const { account } = this.#settings;
    if (account !== undefined && arn.split(":")[4] !== account)
      throw new Stop(
        "differs",
        `the plan is for the account ${account}, and the stream is ${arn}`,
        "use that account's credentials",
      );
    if (mode !== "PROVISIONED")
      throw new Stop("differs", `the stream's mode is ${mode}`, "only streams in mode PROVISIONED are resharded");
  }

  #callAt(index: number): JournalCall {
    return this.journal.calls[index] as JournalCall;
  }

  async #note(index: number, change: Partial<JournalCall>): Promise<void> {
    this.journal = withCall(this.journal, index, change);
    await this.#machine.save(this.journal);
  }

  #timestamp(): string {
    return formatTimestamp(this.#machine.now());
  }
}

/** Failures of one call in a row: those that may pass are borne with growing waits. */
class Failures {
  readonly #machine: ApplyMachine;
  #since: number | undefined;
  #wait: number = waits.first;

  constructor(machine: ApplyMachine) {
    this.#machine = machine;
  }

  /** Waits before the next try. */
  async bear({ kind, message }: CallFailure): Promise<void> {
    if (kind === "limit")
      throw new Stop("limit", message, "go on with the same command once the service allows it, or raise the quota");
    if (kind === "refused") throw new Stop("refused", message, "mend the cause, then go on with the same command");
    this.#since ??= this.#machine.now();
    if (this.#machine.now() - this.#since > patienceSeconds)
      throw new Stop(
        "unreachable",
        `${message}, for ${formatDuration(patienceSeconds)}`,
        "go on with the same command",
      );
    this.#machine.tell(`${message}; trying again`);
    await this.#machine.sleep(this.#wait);
    this.#wait = Math.min(this.#wait * 2, waits.longest * 2);
  }
}

function differs(index: number, { openBefore }: ExpectedCall, { openShards }: StreamState): Stop {
  const expected = `call ${index + 1} expects ${formatItems(openBefore, "open shard")}`;
  const found = openShards === openBefore ? "with other hash keys" : `and the stream has ${openShards}`;
  return new Stop("differs", `${expected}, ${found}`, "somebody else resharded it; plan anew from what it has now");
}

/** The service took the call and is done, and nothing has changed. */
function undone(index: number, { openShards }: StreamState): Stop {
  return new Stop(
    "differs",
    `call ${index + 1} was made, and the stream still has ${formatItems(openShards, "open shard")}`,
    "look at what happened to it; a call is never made twice",
  );
}

/** How late a call may be made unless told otherwise. */
export const lateSecondsDefault = secondsPerHour;
