import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = resolve("bin/kinesis-plan.js");
const fixture = resolve("fixtures/clickstream/workload.yaml");

let folder = "";

beforeAll(() => {
  if (!existsSync("dist/kinesis-plan.cjs")) execFileSync(process.execPath, ["scripts/build.mjs"]);
  folder = mkdtempSync(join(tmpdir(), "kinesis-plan-"));
  chmodSync(folder, 0o755);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[], options: { input?: string; cwd?: string } = {}) {
  const result = spawnSync(process.execPath, [program, ...args], { encoding: "utf8", cwd: folder, ...options });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

/** The bundle without its code cache, where anyone may read it. */
function copyProgram(): string {
  const copy = join(folder, "copy");
  cpSync("bin", join(copy, "bin"), { recursive: true });
  for (const file of ["kinesis-plan.cjs", "simulation.cjs", "simulation-worker.cjs"])
    cpSync(join("dist", file), join(copy, "dist", file));
  return join(copy, "bin", "kinesis-plan.js");
}

describe("the program as a process", () => {
  it("answers from a file and from standard input alike", () => {
    const fromFile = start(["size", fixture, "-f", "csv"]);
    const fromInput = start(["size", "-", "-f", "csv"], { input: readFileSync(fixture, "utf8") });
    expect(fromFile).toMatchObject({ code: 0, err: "" });
    expect(fromInput.out).toBe(fromFile.out);
  });

  it("writes whole files and leaves nothing beside them", () => {
    const { code } = start(["size", fixture, "--out", "json=result.json", "--out", "csv=result.csv"]);
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, "result.json"), "utf8")).stream.name).toBe("clickstream");
    expect(readdirSync(folder).sort()).toEqual(["result.csv", "result.json"]);
  });

  it("leaves a file as it was when it cannot write", () => {
    const { code, out, err } = start(["size", fixture, "--out", `json=${join(folder, "none", "result.json")}`]);
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toMatch(/^cannot write .*result\.json/);
    expect(err).not.toContain("    at ");
  });

  it("lets the reader of a pipe go away", () => {
    const fleet = join(folder, "fleet.yaml");
    writeFileSync(fleet, `${readFileSync(fixture, "utf8")}---\n${readFileSync(fixture, "utf8")}`);
    const pipe = `"${process.execPath}" "${program}" size "${fleet}" -f json | head -n 1`;
    const result = spawnSync("bash", ["-c", `set -o pipefail; ${pipe}`], { encoding: "utf8" });
    expect(result.stdout).toBe("{\n");
    expect(result.stderr).toBe("");
    rmSync(fleet);
  });

  it("starts without the build's code cache, and with one that is damaged", () => {
    const copy = copyProgram();
    const expected = start(["size", fixture]).out;
    const fromCopy = () => spawnSync(process.execPath, [copy, "size", fixture]);
    expect(fromCopy().stdout.toString()).toBe(expected);
    const [cache = ""] = readdirSync("dist").filter((name) => name.startsWith(`code-cache-${process.version}-`));
    writeFileSync(join(folder, "copy", "dist", cache), readFileSync(join("dist", cache)).fill(0, 0, 64));
    expect(fromCopy().stdout.toString()).toBe(expected);
    rmSync(join(folder, "copy"), { recursive: true });
  });

  it("refuses a file that it may not read", () => {
    // Root reads everything, so the program then runs as nobody, from a place where nobody may read it.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const copy = copyProgram();
    const secret = join(folder, "secret.yaml");
    writeFileSync(secret, readFileSync(fixture));
    chmodSync(secret, 0);
    const args = [copy, "size", secret];
    const result = spawnSync(process.execPath, args, { encoding: "utf8", cwd: folder, ...nobody });
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toMatch(/file-unreadable\]: .*secret\.yaml may not be read/);
    rmSync(secret);
    rmSync(join(folder, "copy"), { recursive: true });
  });

  it("ends as a shell expects", () => {
    expect(start(["size", "none.yaml"]).code).toBe(2);
    expect(start(["size", "-"], { input: "" }).code).toBe(2);
    expect(start(["--version"])).toMatchObject({ code: 0, err: "" });
  });
});

describe("the package as it is published", () => {
  it("installs into an empty folder, runs, and serves as a library", { timeout: 180_000 }, () => {
    const home = mkdtempSync(join(tmpdir(), "kinesis-plan-home-"));
    try {
      const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", home, "--json"], {
        encoding: "utf8",
      });
      const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
      expect(files.map(({ path }) => path).filter((path) => /^(src|test|fixtures|bench)\//.test(path))).toEqual([]);
      writeFileSync(join(home, "package.json"), '{"name":"empty","private":true,"type":"module"}');
      execFileSync("npm", ["install", "--no-audit", "--no-fund", join(home, filename)], { cwd: home, stdio: "pipe" });
      const input = readFileSync(fixture, "utf8");
      const sized = spawnSync(join(home, "node_modules/.bin/kinesis-plan"), ["size", "-", "-f", "yaml"], {
        encoding: "utf8",
        input,
      });
      expect(sized.stderr).toBe("");
      expect(sized.stdout).toContain("name: clickstream");
      for (const args of [["limits"], ["schema", "workload"], ["size", "-", "--limits", "/dev/null"]]) {
        const ran = spawnSync(join(home, "node_modules/.bin/kinesis-plan"), args, { encoding: "utf8", input });
        expect(ran.stderr).toBe("");
      }
      const script = `import { parseWorkloads, ServiceCatalogue, size } from "kinesis-plan";
        const { workloads } = await parseWorkloads("w.yaml", ${JSON.stringify(input)});
        console.log(size(workloads[0].workload, { facts: new ServiceCatalogue().forRegion("us-east-1") }).shards.recommended);`;
      const used = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
        cwd: home,
        encoding: "utf8",
      });
      const recommended = /recommended: (\d+)/.exec(sized.stdout)?.[1];
      expect(used.trim()).toBe(recommended);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  it("simulates the same on one thread and on several, and another with another seed", () => {
    const run = (...flags: string[]) => start(["simulate", fixture, "--duration", "20m", "-f", "json", ...flags]).out;
    const alone = [1, 2, 3].map((seed) => JSON.parse(run("--seed", String(seed))));
    const together = JSON.parse(run("--replications", "3"));
    const { replications, ...summary } = together.summary;
    expect({ ...together, summary: { ...summary, replications: alone[0].summary.replications } }).toEqual(alone[0]);
    const mean = alone.reduce((sum, { summary: { offeredRecords } }) => sum + offeredRecords / 3, 0);
    expect(replications.estimates.offeredRecords.mean).toBeCloseTo(mean, 6);
    expect(new Set(alone.map((one) => one.summary.offeredRecords)).size).toBe(3);
    expect(run("--replications", "3")).toBe(run("--replications", "3"));
  });

  it("ends with 130 when it is interrupted in the middle of a simulation", async () => {
    const child = spawn(process.execPath, [program, "simulate", fixture, "--duration", "300d", "--fidelity", "tick"]);
    const ended = new Promise((resolveCode) => child.once("exit", (code) => resolveCode(code)));
    await new Promise((wait) => setTimeout(wait, 1_500));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
  });
});
