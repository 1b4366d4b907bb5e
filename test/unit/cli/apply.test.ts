import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import type { LiveMachine } from "../../../src/cli/live-machine.js";
import { jsonSchemaOf } from "../../../src/report/json-schema.js";
import type { SchemaName } from "../../../src/report/schema-names.js";
import { runInMemory } from "../../memory-host.js";
import { ModelStream } from "../../property/apply/model-stream.js";

const ajv = new Ajv({ allErrors: true, strict: false });

function faults(name: SchemaName, text: string | undefined): unknown {
  const validate = ajv.compile(jsonSchemaOf(name) as object);
  return validate(JSON.parse(text ?? "null")) ? [] : validate.errors;
}

function plan(more: object = {}): string {
  const steps = [
    { atSeconds: 0, from: 4, to: 8 },
    { atSeconds: 3_600, from: 8, to: 16 },
  ];
  const stream = { name: "orders", region: "us-east-1" };
  return JSON.stringify({ schemaVersion: 1, command: "reshard", stream, plan: { startShards: 4, steps }, ...more });
}

/** A machine whose stream and clock are a model's. */
function liveOf(model: ModelStream, isFree = true): LiveMachine {
  return {
    now: () => model.now(),
    sleep: (seconds) => model.sleep(seconds),
    connect: async () => ({ ...model.stream, close: () => {} }),
    lock: async () => (isFree ? () => {} : undefined),
    onInterrupt: () => {},
  };
}

const model = (): ModelStream => new ModelStream(4, 30, []);
const apply = (flags: readonly string[], files: Record<string, string>, live = liveOf(model()), env = {}) =>
  runInMemory(["apply", "plan.json", ...flags], files, { live, env });

describe("apply", () => {
  it("only shows the plan unless it is told to carry it out", async () => {
    const { code, out, written } = await runInMemory(["apply", "plan.json", "-f", "json"], { "plan.json": plan() });
    expect(code).toBe(0);
    expect(written.size).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: "planned", left: 2, startsAt: null, journal: "plan.journal.json" });
    expect(faults("apply", out)).toEqual([]);
  });

  it("carries it out, and leaves a journal from which it goes on", async () => {
    const stream = model();
    const first = await apply(["--execute", "--until", "30m", "-f", "json"], { "plan.json": plan() }, liveOf(stream));
    expect(first.code).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({ status: "waiting", left: 1, startsAt: "2023-11-14T22:13:20Z" });
    const journal = first.written.get("plan.journal.json") ?? "";
    expect(faults("journal", journal)).toEqual([]);
    const files = { "plan.json": plan(), "plan.journal.json": journal };
    const second = await apply(["--execute", "-f", "json"], files, liveOf(stream));
    expect(JSON.parse(second.out)).toMatchObject({ status: "done", left: 0 });
    expect(faults("apply", second.out)).toEqual([]);
    expect(stream.carriedOut).toEqual([8, 16]);
    const shown = await apply([], {
      "plan.json": plan(),
      "plan.journal.json": second.written.get("plan.journal.json") ?? "",
    });
    expect(shown.out).toContain("done 2023-11-14T23:13:");
  });

  it("prints what it is doing to terminals only", async () => {
    const files = { "plan.json": plan() };
    const watched = await runInMemory(["apply", "plan.json", "--execute"], files, {
      live: liveOf(model()),
      isErrTty: true,
    });
    expect(watched.err).toContain("call 2 is due at 2023-11-14T23:13:20Z\n");
    expect((await apply(["--execute"], files)).err).toBe("");
  });

  it.each([
    ["another stream", ["--stream", "other"], "the plan is for the stream orders, and --stream says other"],
    ["another region", ["--region", "eu-west-1"], "the plan is for the region us-east-1, and --region says eu-west-1"],
    ["a time that is none", ["--start-at", "soon"], '--start-at "soon" is no time'],
    ["an end that is none", ["--execute", "--until", "soon"], '--until "soon" is no time'],
    ["an unknown form", ["--emit", "cdk"], '--emit does not know "cdk"'],
    ["two things at once", ["--emit", "aws-cli", "--execute"], "--emit prints the plan, --execute carries it out"],
  ])("refuses %s", async (_, flags, message) => {
    const { code, out, err, written } = await apply(flags, { "plan.json": plan() });
    expect({ code, out, written: written.size }).toEqual({ code: 2, out: "", written: 0 });
    expect(err).toContain(message);
  });

  it("refuses the region of the environment where it is not the plan's", async () => {
    const env = { AWS_REGION: "eu-west-1" };
    const { code, err } = await apply(["--execute"], { "plan.json": plan() }, liveOf(model()), env);
    expect(code).toBe(2);
    expect(err).toContain("the plan is for the region us-east-1, and AWS_REGION says eu-west-1");
    const confirmed = await apply(
      ["--execute", "--region", "us-east-1"],
      { "plan.json": plan() },
      liveOf(model()),
      env,
    );
    expect(confirmed.code).toBe(0);
  });

  it("stops at a stream of another account than the plan's", async () => {
    const stream = { name: "orders", region: "us-east-1", account: "111122223333" };
    const { code, out } = await apply(["--execute"], { "plan.json": plan({ stream }) });
    expect(code).toBe(3);
    expect(out).toContain("the plan is for the account 111122223333");
  });

  it("refuses a plan of daily traffic at another time of the week", async () => {
    const daily = { "plan.json": plan({ startsOn: "monday" }) };
    const refused = await apply(["--execute"], daily);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(
      "say --start-at 2023-11-20T00:00:00Z, or plan with `reshard --start-at 2023-11-14T22:13:20Z`",
    );
    expect((await apply(["--execute", "--start-at", "2023-11-20"], daily)).code).toBe(0);
    expect((await apply(["--execute", "--start-at", "now"], daily)).code).toBe(0);
    const emitted = await apply(["--emit", "eventbridge"], daily);
    expect(emitted.out).toContain("at(2023-11-20T00:00:00)");
  });

  it.each([
    ["of another plan", plan().replace("3600", "3601"), "is of another plan"],
    ["of another stream", plan().replace("orders", "other"), "is of a plan for orders in us-east-1"],
  ])("refuses a journal %s", async (_, other, message) => {
    const { written } = await apply(["--execute"], { "plan.json": plan() });
    const journal = written.get("plan.journal.json") ?? "";
    const { code, err } = await apply(["--execute"], { "plan.json": other, "plan.journal.json": journal });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it.each([
    ["broken", "{", "plan.journal.json:1"],
    ["empty", "", "the journal plan.journal.json is empty"],
    ["of something else", '{"schemaVersion": 1}', "the journal has no `command`"],
  ])("refuses a journal that is %s", async (_, journal, message) => {
    const { code, err } = await apply(["--execute"], { "plan.json": plan(), "plan.journal.json": journal });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it("leaves a plan alone that another process is carrying out", async () => {
    const { code, err } = await apply(["--execute"], { "plan.json": plan() }, liveOf(model(), false));
    expect(code).toBe(3);
    expect(err).toBe("another process is carrying out this plan: it has the journal plan.journal.json\n");
  });

  it("needs a plan in a file to carry it out", async () => {
    const { code, err } = await runInMemory(["apply", "-", "--execute"], { "-": plan() }, { live: liveOf(model()) });
    expect(code).toBe(2);
    expect(err).toContain("--execute keeps a journal beside the plan");
  });

  it("goes on with a plan's own start, and with no other", async () => {
    const files = { "plan.json": plan({ startsAt: "2023-11-14T22:30:00Z" }) };
    const first = await apply(["--execute", "--until", "2023-11-14T23:00:00Z", "-f", "json"], files);
    expect(JSON.parse(first.out)).toMatchObject({ startsAt: "2023-11-14T22:30:00Z", left: 1 });
    const journal = { "plan.journal.json": first.written.get("plan.journal.json") ?? "" };
    const moved = await apply(["--start-at", "2023-11-15"], { ...files, ...journal });
    expect(moved.err).toContain("the plan was begun with its start at 2023-11-14T22:30:00Z");
  });
});
