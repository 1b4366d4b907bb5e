import { Command, CommanderError, Option } from "commander";
import { OutsideError, UserError } from "../diagnostics/diagnostic.js";
import { escapeLines, escapeText } from "../diagnostics/escape-text.js";
import { formats } from "../report/render.js";
import { schemaNames } from "../report/schema-names.js";
import type { ApplyFlags } from "./command-apply.js";
import type { ReshardFlags } from "./command-reshard.js";
import type { SimulateFlags } from "./command-simulate.js";
import type { SizeFlags } from "./command-size.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import { outputOptions, print, wantsColor } from "./output.js";
import { version } from "./version.js";

/** Runs one command line to its end; everything that can go wrong becomes an exit code and a sentence on stderr. */
export async function run(host: Host): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const help: string[] = [];
  const program = buildProgram(host, help, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(host.argv, { from: "user" }).catch((error: unknown) => {
      if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
    });
    if (help.length > 0) await print(host, help.join(""));
    return code;
  } catch (error) {
    return explainFailure(host, error);
  }
}

const exitCodeLines: readonly string[] = [
  "  0   answered; every gate holds",
  "  1   a gate failed, or no plan can satisfy the workload",
  "  2   the input or the usage is wrong; nothing was computed",
  "  3   the outside failed: a file could not be written, or a plan not be carried out to its end",
  "  70  a bug of ours",
  "  130 interrupted",
];

interface OutputFlags {
  readonly format: string;
  readonly out?: readonly string[];
  readonly color: boolean;
}

function buildProgram(host: Host, help: string[], end: (code: ExitCode) => void): Command {
  const program = new Command("kinesis-plan")
    .description(
      "Capacity planner for Amazon Kinesis Data Streams: how many shards and consumers, which mode, at what cost.",
    )
    .version(version, "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => help.push(text),
      writeErr: (text) => host.writeErr(escapeLines(text)),
      getOutHelpWidth: () => host.columns ?? 80,
    })
    .addHelpText(
      "after",
      `\nExample:\n  $ kinesis-plan size workload.yaml\n\nExit codes:\n${exitCodeLines.join("\n")}`,
    );
  addSize(program, host, end);
  addSimulate(program, host, end);
  addReshard(program, host, end);
  addApply(program, host, end);
  addLimits(program, host, end);
  addSchema(program, host, end);
  return program;
}

const collect = (value: string, list: readonly string[] = []): string[] => [...list, value];

function withOutput(command: Command): Command {
  return command
    .addOption(new Option("-f, --format <format>", `how to print the answer: ${formats.join(", ")}`).default("table"))
    .option("--out <format=path>", "write a further rendering to a file (repeatable)", collect)
    .option("--no-color", "plain text; NO_COLOR and FORCE_COLOR are obeyed too")
    .option("--limits <file>", "override service limits and prices (YAML, the names that `limits` prints)");
}

function addSize(program: Command, host: Host, end: (code: ExitCode) => void): void {
  withOutput(program.command("size"))
    .description("how many shards and which limit binds, how many consumers, which mode is cheapest and what it costs")
    .argument("<file...>", "workload files; - is standard input; several files or documents make a fleet")
    .option("--shards <n>", "judge this shard count instead of the recommended one")
    .option("--reverse", "say what --shards shards carry")
    .option("--explain", "show how each figure came about, with the source of every limit")
    .option(
      "--horizon <duration>",
      "how far to look, with growth, such as 90d; default one week, or the traffic's own length",
    )
    .option("--set <path=value>", "override a workload value, such as stream.shards=12 (repeatable)", collect)
    .option("--seed <n>", "accepted by every command; sizing draws no random numbers", "1")
    .addHelpText("after", "\nExample:\n  $ kinesis-plan size workload.yaml --shards 8 --explain")
    .action(async (files: string[], flags: SizeFlags & OutputFlags) => {
      const { runSize } = await import("./command-size.js");
      end(await runSize(host, files, flags, outputOptions(host, flags)));
    });
}

function addSimulate(program: Command, host: Host, end: (code: ExitCode) => void): void {
  withOutput(program.command("simulate"))
    .description("what happens over time under real traffic and faults: throttling, iterator age, CPU, reshards, cost")
    .argument("<file>", "a workload file; - is standard input")
    .option("--duration <duration>", "how long to simulate; default the length of the traffic, 24h for daily, else 1h")
    .option("--resolution <duration>", "length of a row of the timeline", "1m")
    .option("--scenario <file>", "what goes wrong, from a file of its own, instead of the workload's `scenario`")
    .option(
      "--explain",
      "tell the first run in the order of time: what happened, by which limit or timer, and what came of it",
    )
    .option("--trace <file>", "write shards, events and loads of the first run as a trace that Perfetto opens")
    .option("--replications <n>", "runs with different seeds, for confidence intervals", "1")
    .option("--seed <n>", "the same seed gives the same answer", "1")
    .addOption(new Option("--fidelity <name>", "how finely to simulate").default("auto"))
    .option("--set <path=value>", "override a workload value, such as stream.shards=12 (repeatable)", collect)
    .addHelpText("after", "\nExample:\n  $ kinesis-plan simulate workload.yaml --duration 24h --replications 10")
    .action(async (file: string, flags: SimulateFlags & OutputFlags) => {
      const { runSimulate } = await import("./command-simulate.js");
      end(await runSimulate(host, file, flags, outputOptions(host, flags)));
    });
}

function addReshard(program: Command, host: Host, end: (code: ExitCode) => void): void {
  withOutput(program.command("reshard"))
    .description(
      "when to call UpdateShardCount and to what, at least cost, proven by a bound and by simulation; or which hot shards to split and cold ones to merge",
    )
    .argument(
      "<file...>",
      "a workload file with traffic over time; further ones are other courses that the traffic may take",
    )
    .option("--horizon <duration>", "how far to plan, 1h to 30d; default the length of the traffic, 24h for daily")
    .option(
      "--start-at <time>",
      "when the plan starts, such as 2026-12-01T06:00:00Z; daily traffic is that of this time",
    )
    .option("--slot <duration>", "calls start with a slot of this length; default 1m for a day at most, else 5m")
    .option("--reserve-calls <n>", "calls in 24 hours that are kept for incidents", "2")
    .option("--calls-before <duration>", "how long before the start a call was made (repeatable)", collect)
    .option("--min-shards <n>", "fewest shards that the plan may hold")
    .option("--max-shards <n>", "most shards that the plan may hold; default what the busiest minute needs")
    .option("--margin <ratio>", "provide for this much more than the demand", "0%")
    .option("--quantile <ratio>", "the part of all courses to provide for, minute by minute; default all")
    .option(
      "--forecast-error <ratio>",
      "standard deviation of the true demand; --quantile says how surely to cover it",
      "0%",
    )
    .option("--allow-throttled <ratio>", "the part of the traffic that may be throttled in exchange for cost", "0%")
    .option(
      "--sensitivity <ratio>",
      "try the plan with so much more traffic (repeatable); default 10% and 25%",
      collect,
    )
    .option("--layout", "plan the fewest SplitShard and MergeShards calls instead, by the workload's `keys`")
    .option(
      "--shard-loads <file>",
      "the same by measured loads: own JSON, or what `aws` prints of list-shards and of get-metric-data (repeatable)",
      collect,
    )
    .option("--period <duration>", "period of those metrics; default the shortest time between two data points")
    .option("--shard-value <n>", "splits and merges that one shard less is worth", "0")
    .option("--replications <n>", "simulated runs of the plan with different seeds", "1")
    .option("--seed <n>", "the same seed gives the same answer", "1")
    .option("--set <path=value>", "override a workload value, such as stream.shards=12 (repeatable)", collect)
    .addHelpText("after", "\nExample:\n  $ kinesis-plan reshard workload.yaml --horizon 3d --out json=plan.json")
    .action(async (files: string[], flags: ReshardFlags & OutputFlags) => {
      const output = outputOptions(host, flags);
      if (flags.layout === true || flags.shardLoads !== undefined) {
        const { runLayout } = await import("./command-layout.js");
        return end(await runLayout(host, files, flags, output));
      }
      const { runReshard } = await import("./command-reshard.js");
      end(await runReshard(host, files, flags, output));
    });
}

function addApply(program: Command, host: Host, end: (code: ExitCode) => void): void {
  withOutput(program.command("apply"))
    .description(
      "carries out a saved plan of `reshard` on the real stream; without --execute it only shows what it would do",
    )
    .argument("<plan>", "a plan that `reshard --out json=plan.json` saved")
    .option("--execute", "make the calls, with the environment's AWS credentials, and keep a journal beside the plan")
    .option(
      "--start-at <time>",
      "when the plan starts, such as 2026-12-01T06:00:00Z, or now; default its own start, else now",
    )
    .option("--until <time>", "make no call that is due then or later: a time, or a duration from the plan's start")
    .option("--late <duration>", "make no call that is due for longer than this; default 1h")
    .option("--journal <file>", "where the journal is; default plan.journal.json beside plan.json")
    .option("--stream <name>", "refuse a plan for another stream")
    .option("--region <region>", "refuse a plan for another region")
    .option("--account <id>", "refuse to touch a stream of another account")
    .option("--endpoint-url <url>", "where the API is, for emulators of the service")
    .option("--emit <as>", "print the plan as aws-cli, terraform or eventbridge instead")
    .addHelpText("after", "\nExample:\n  $ kinesis-plan apply plan.json --execute --until 12h")
    .action(async (file: string, flags: ApplyFlags & OutputFlags) => {
      const { runApply } = await import("./command-apply.js");
      end(await runApply(host, file, flags, outputOptions(host, flags)));
    });
}

function addLimits(program: Command, host: Host, end: (code: ExitCode) => void): void {
  withOutput(program.command("limits"))
    .description("every limit, rule and price, with unit, source, date and certainty")
    .option("--region <region>", "the region whose quotas and prices to print", "us-east-1")
    .addHelpText("after", "\nExample:\n  $ kinesis-plan limits --region eu-central-1 --format csv")
    .action(async (flags: OutputFlags & { region: string; limits?: string }) => {
      const { runLimits } = await import("./command-limits.js");
      end(await runLimits(host, flags, outputOptions(host, flags)));
    });
}

function addSchema(program: Command, host: Host, end: (code: ExitCode) => void): void {
  program
    .command("schema")
    .description("the JSON Schema of the workload format or of a result")
    .argument("<name>", `one of ${schemaNames.join(", ")}`)
    .addHelpText("after", "\nExample:\n  $ kinesis-plan schema workload > workload.schema.json")
    .action(async (name: string) => {
      const { runSchema } = await import("./command-schema.js");
      end(await runSchema(host, name));
    });
}

async function explainFailure(host: Host, error: unknown): Promise<ExitCode> {
  if (error instanceof CommanderError) return exitCodes.badInput;
  const { formatErrors } = await import("../report/render-errors.js");
  if (error instanceof UserError) {
    host.writeErr(
      await formatErrors(error.diagnostics, wantsColor(host, !host.argv.includes("--no-color"), host.isErrTty)),
    );
    return exitCodes.badInput;
  }
  if (error instanceof OutsideError) {
    host.writeErr(`${escapeText(error.message)}\n`);
    return exitCodes.outside;
  }
  host.writeErr(describeBug(host, error));
  return exitCodes.bug;
}

/** What a bug report needs: the version, the command that repeats it, and where it happened. */
function describeBug(host: Host, error: unknown): string {
  const stack = error instanceof Error ? error.stack : String(error);
  const command = [
    "kinesis-plan",
    ...host.argv.map((word) => (/^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)),
  ].join(" ");
  const at = host.argv.indexOf("--seed");
  const seed = at < 0 ? "1" : (host.argv[at + 1] ?? "");
  return `This is a bug in kinesis-plan ${version}, not in your input. Please report it with the following.\nseed: ${seed}\nrepeat with: ${command}\n${stack}\n`;
}
