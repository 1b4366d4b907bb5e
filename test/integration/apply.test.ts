import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, emulatorEnvironment, startEmulator } from "./kinesis-emulator.js";
import { type ApiCall, type Interference, type RecordingProxy, startProxy } from "./recording-proxy.js";

const program = resolve("bin/kinesis-plan.js");

let folder = "";
let emulator: Emulator;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kinesis-plan-apply-"));
  emulator = await startEmulator(300);
});

afterAll(() => {
  emulator?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A plan for a stream of its own, which has four shards; and a proxy that its calls go through. */
async function prepare(name: string, counts: readonly number[], plan: object = {}): Promise<Prepared> {
  await emulator.createStream(name, counts[0] as number);
  const steps = counts.slice(1).map((to, index) => ({ atSeconds: index, from: counts[index], to }));
  const file = join(folder, `${name}.json`);
  const stream = { name, region: "us-east-1" };
  const saved = { schemaVersion: 1, command: "reshard", stream, plan: { startShards: counts[0], steps }, ...plan };
  writeFileSync(file, JSON.stringify(saved));
  return { name, file, proxy: await startProxy(emulator.url), journal: join(folder, `${name}.journal.json`) };
}

interface Prepared {
  readonly name: string;
  readonly file: string;
  readonly proxy: RecordingProxy;
  readonly journal: string;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

function start(
  { file, proxy }: Pick<Prepared, "file" | "proxy">,
  ...args: readonly string[]
): { child: ChildProcess; ended: Promise<Ended> } {
  const command = [program, "apply", file, "--execute", "--endpoint-url", proxy.url, "--no-color", ...args];
  const env = { PATH: process.env["PATH"], HOME: folder, ...emulatorEnvironment };
  const child = spawn(process.execPath, command, { env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  const ended = new Promise<Ended>((done) => {
    child.once("close", (code, signal) => done({ code, signal, out, err }));
  });
  return { child, ended };
}

function targets({ carriedOut }: RecordingProxy): unknown[] {
  return carriedOut.filter(({ name }) => name === "UpdateShardCount").map(({ body }) => body["TargetShardCount"]);
}

const isUpdate = ({ name }: ApiCall): boolean => name === "UpdateShardCount";

describe.concurrent("apply --execute", () => {
  it("carries a plan out, and makes no call when it is run again", async () => {
    const prepared = await prepare("whole", [4, 8, 16, 8]);
    const first = await start(prepared).ended;
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toContain("All 3 calls are made.");
    const { calls } = JSON.parse(readFileSync(prepared.journal, "utf8"));
    expect(calls).toMatchObject([1, 2, 3].map(() => ({ state: "done", tries: 1 })));
    const before = prepared.proxy.carriedOut.length;
    const second = await start(prepared, "-f", "json").ended;
    expect(JSON.parse(second.out)).toMatchObject({ status: "done", left: 0 });
    expect(prepared.proxy.carriedOut.length).toBe(before);
    expect(targets(prepared.proxy)).toEqual([8, 16, 8]);
    // The permissions in docs/apply.md.
    const used = new Set(prepared.proxy.carriedOut.map(({ name }) => name));
    expect([...used].sort()).toEqual(["DescribeStreamSummary", "UpdateShardCount"]);
    expect(await emulator.openShards("whole")).toBe(8);
    prepared.proxy.stop();
  });

  it("makes each call once, however often it is killed and run again", async () => {
    const prepared = await prepare("killed", [4, 8, 16, 8]);
    let kill: () => void = () => {};
    const killing = (): boolean => {
      kill();
      return false;
    };
    const killLater = (): boolean => {
      setTimeout(() => kill(), 5);
      return true;
    };
    // Each point is where the program dies once: before the service has a call, after it and before its answer, just after the answer,
    // and while the stream is being updated.
    const points: readonly { readonly of: (call: ApiCall) => boolean; readonly does: Interference }[] = [
      { of: ({ name }) => name === "DescribeStreamSummary", does: { before: killing } },
      { of: isUpdate, does: { before: killing } },
      ...[1, 2, 3].flatMap(() => [
        { of: isUpdate, does: { after: killing } },
        { of: ({ name }: ApiCall) => name === "DescribeStreamSummary", does: { before: killing } },
        { of: ({ name }: ApiCall) => name === "DescribeStreamSummary", does: { after: killLater } },
      ]),
    ];
    let [next, signals] = [0, 0];
    prepared.proxy.interfere = (call) => {
      const point = points[next];
      if (point === undefined || !point.of(call)) return {};
      next += 1;
      return point.does;
    };
    for (;;) {
      const { child, ended } = start(prepared);
      kill = () => child.kill("SIGKILL");
      const { code, signal, err } = await ended;
      if (signal === null) {
        expect({ code, err }).toEqual({ code: 0, err: "" });
        break;
      }
      signals += 1;
    }
    expect(signals).toBeGreaterThanOrEqual(10);
    expect(targets(prepared.proxy)).toEqual([8, 16, 8]);
    expect(await emulator.openShards("killed")).toBe(8);
    prepared.proxy.stop();
  });

  it("bears throttling, failures of the service and broken connections", async () => {
    const prepared = await prepare("bumpy", [2, 4]);
    const bumps: Interference[] = [
      { answer: { status: 400, type: "ThrottlingException" } },
      { answer: { status: 500, type: "InternalFailure" } },
      { before: () => false },
      { after: () => false },
    ];
    prepared.proxy.interfere = (call) => (isUpdate(call) ? bumps.shift() : undefined) ?? {};
    expect(await start(prepared).ended).toMatchObject({ code: 0, err: "" });
    expect(targets(prepared.proxy)).toEqual([4]);
    prepared.proxy.stop();
  });

  it("stops where a limit is exceeded, says what is left, and goes on later", async () => {
    const prepared = await prepare("limited", [2, 4, 8]);
    const limit: Interference = { answer: { status: 400, type: "LimitExceededException" } };
    prepared.proxy.interfere = ({ body }) => (body["TargetShardCount"] === 8 ? limit : {});
    const stopped = await start(prepared).ended;
    expect(stopped.code).toBe(3);
    expect(stopped.out).toContain("Stopped with 1 call left: UpdateShardCount: LimitExceededException");
    prepared.proxy.interfere = () => ({});
    expect(await start(prepared).ended).toMatchObject({ code: 0 });
    expect(targets(prepared.proxy)).toEqual([4, 8]);
    prepared.proxy.stop();
  });

  it("stops where the stream is not what the plan expects", async () => {
    const prepared = await prepare("other-count", [4, 8], { plan: { startShards: 5, steps: [step(0, 5, 10)] } });
    const { code, out } = await start(prepared, "-f", "json").ended;
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ status: "differs", left: 1 });
    expect(targets(prepared.proxy)).toEqual([]);
    prepared.proxy.stop();
  });

  it("refuses streams of another account", async () => {
    const prepared = await prepare("other-account", [4, 8]);
    const { code, out } = await start(prepared, "--account", "999999999999").ended;
    expect(code).toBe(3);
    expect(out).toContain("the plan is for the account 999999999999");
    expect(targets(prepared.proxy)).toEqual([]);
    prepared.proxy.stop();
  });

  it("leaves calls that are due after --until", async () => {
    const prepared = await prepare("until", [4, 8, 16]);
    const { code, out } = await start(prepared, "--until", "1s", "-f", "json").ended;
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      status: "waiting",
      left: 1,
      calls: [{ state: "done" }, { state: "planned" }],
    });
    expect(targets(prepared.proxy)).toEqual([8]);
    prepared.proxy.stop();
  });

  it("lets one process at a time carry a plan out, and says how to go on after an interruption", async () => {
    const later = { plan: { startShards: 4, steps: [step(3_000, 4, 8)] } };
    const prepared = await prepare("alone", [4], later);
    const waiting = start(prepared);
    while (!existsSync(prepared.journal)) await new Promise((done) => setTimeout(done, 20));
    const second = await start(prepared).ended;
    expect(second).toMatchObject({ code: 3, out: "" });
    expect(second.err).toMatch(/^another process is carrying out this plan/);
    waiting.child.kill("SIGINT");
    const interrupted = await waiting.ended;
    expect(interrupted.code).toBe(130);
    expect(interrupted.err).toContain("interrupted with 1 call left; the same command goes on");
    prepared.proxy.stop();
  });

  it("splits and merges shards by their hash keys, as a plan for hot shards says", async () => {
    await emulator.createStream("layout", 4);
    const loads = (await emulator.listShards("layout")).map(({ ShardId, HashKeyRange }, index) => ({
      shardId: ShardId,
      hashKeyRange: { start: HashKeyRange?.StartingHashKey, end: HashKeyRange?.EndingHashKey },
      bytesPerSecond: 1_000,
      recordsPerSecond: [1_300, 100, 100, 700][index],
    }));
    writeFileSync(join(folder, "loads.json"), JSON.stringify({ shards: loads }));
    const workload = `version: 1
stream: {name: layout, region: us-east-1}
producers: [{name: p, records: 2200/s, recordSize: 1 B}]
consumers: [{name: c, kind: kcl}]
`;
    writeFileSync(join(folder, "layout.yaml"), workload);
    const plan = join(folder, "layout.json");
    const planning = ["reshard", join(folder, "layout.yaml"), "--shard-loads", join(folder, "loads.json")];
    execFileSync(process.execPath, [program, ...planning, "--max-shards", "4", "--out", `json=${plan}`]);
    const { operations } = JSON.parse(readFileSync(plan, "utf8")).plan;
    const prepared = { file: plan, proxy: await startProxy(emulator.url) };
    const { code, out } = await start(prepared).ended;
    expect(out).toContain(`All ${operations.length} calls are made.`);
    expect(code).toBe(0);
    const made = prepared.proxy.carriedOut.map(({ name }) => name).filter((name) => /^(Split|Merge)/.test(name));
    expect(made.toSorted()).toEqual(["MergeShards", "SplitShard"]);
    expect(await emulator.openShards("layout")).toBe(4);
    prepared.proxy.stop();
  });
});

function step(atSeconds: number, from: number, to: number) {
  return { atSeconds, from, to };
}
