// What the benchmarks of the simulation kernel share: programs that time themselves and print a line of JSON, run in turn.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { report, root } from "./measure.js";

/** Python of the system, for which Debian packages SimPy (python3-simpy3). */
const python = "/usr/bin/python3";

/** The command of one of our programs under bench/kernel/, bundled into a folder the way the command line is. */
export async function bundled(name, folder) {
  const outfile = join(folder, `${name}.cjs`);
  await build({
    entryPoints: [join(root, `bench/kernel/${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    logLevel: "warning",
  });
  return [process.execPath, outfile];
}

/** The command of a peer in C++ under bench/reference/, compiled into a folder; undefined without a compiler. */
export function compiled(name, folder) {
  const binary = join(folder, name);
  const source = join(root, `bench/reference/${name}.cpp`);
  if (!isThere("g++", "g++", ["--version"])) return undefined;
  execFileSync("g++", ["-std=c++17", "-O3", "-march=native", "-o", binary, source], { stdio: "inherit" });
  return [binary];
}

/** The command of a peer on SimPy under bench/reference/; undefined without SimPy. */
export function simPy(name) {
  if (!isThere("SimPy (Debian's python3-simpy3)", python, ["-c", "import simpy"])) return undefined;
  return [python, join(root, `bench/reference/${name}.py`)];
}

/** The command of a peer on an npm package of one file, installed into a folder; undefined where npm cannot. */
export function onPackage(name, npmPackage, file, folder) {
  const [packageName] = npmPackage.split("@");
  const args = ["install", "--prefix", folder, "--no-audit", "--no-fund", npmPackage];
  if (!isThere(npmPackage, "npm", args)) return undefined;
  return [process.execPath, join(root, `bench/reference/${name}.cjs`), join(folder, "node_modules", packageName, file)];
}

function isThere(peer, command, args) {
  const { status } = spawnSync(command, args, { stdio: "ignore" });
  if (status !== 0) console.error(`${peer} is absent: figures against it are left out`);
  return status === 0;
}

/** Runs a program that prints one line of JSON. */
function run([command, ...args]) {
  return JSON.parse(execFileSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
}

/**
 * Runs programs in turn, so that what else the machine does meets all alike. `programs` has `ours` and its peers, each with its command,
 * how much work it does (`units`), and `check`, which is given what it prints; one without a command is left out. Gives the least CPU
 * nanoseconds a unit of each: what disturbs a program can only add to them.
 */
export function takeTurns(programs, rounds) {
  const least = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { command, units, check }] of Object.entries(programs)) {
      if (command === undefined) continue;
      const printed = run(command);
      check?.(printed);
      least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, (printed.seconds * 1e9) / units);
    }
  }
  return least;
}

/** How far what ours and a peer count may be apart, as parts of it: records, and percentiles of ages and latencies. */
const tolerances = {
  offered: 0.002,
  accepted: 0.002,
  throttled: 0.002,
  processed: 0.002,
  ageP50: 0.03,
  ageP99: 0.03,
  latencyP50: 0.03,
  latencyP99: 0.03,
};

/** A check that who is given it prints the same figures, but for chance. */
export function sameFigures() {
  let expected;
  return (printed) => {
    expected ??= printed;
    for (const [name, tolerance] of Object.entries(tolerances))
      if (Math.abs(printed[name] - expected[name]) > tolerance * expected[name])
        throw new Error(`the models part: ${name} is ${expected[name]} and ${printed[name]}`);
  };
}

/** One line for a peer, if it took part: ours over the peer's. */
export function reportShare(name, ours, peer, goal) {
  if (peer !== undefined) report(name, { ...inNanoseconds(ours, peer), ratio: ours / peer, goal });
}

/** One line for a slow peer, if it took part: how many times as fast ours is. */
export function reportTimesAsFast(name, ours, peer, goal) {
  if (peer !== undefined) report(name, { ...inNanoseconds(ours, peer), ratio: peer / ours, goal });
}

function inNanoseconds(ours, peer) {
  return { ours: `${ours.toFixed(1)} ns`, peer: `${peer.toFixed(1)} ns` };
}
