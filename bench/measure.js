// What the benchmarks share: whole processes timed in turn, one call timed by its CPU time, and lines of figures.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

/** The repository; benchmarks run there. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const probe = fileURLToPath(new URL("probe.cjs", import.meta.url));

/** Prints one figure: what was measured, ours, the peer's, the ratio of the two, and what it should be. */
export function report(name, { ours, peer = "-", ratio, goal = "-" }) {
  console.log([name, ours, peer, ratio === undefined ? "-" : formatRatio(ratio), goal].join("\t"));
}

function formatRatio(ratio) {
  return ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2);
}

/** Runs `use` with a folder of its own, which is gone afterwards. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "kinesis-plan-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Times two node command lines in turn, so that what else the machine does meets both alike; which goes first alternates.
 * Two pairs are dropped as warm-up. Times are medians in milliseconds, the ratio is the median over the pairs.
 */
export function comparePairs(ours, peer, pairs) {
  const seen = { ours: [], peer: [], ratios: [] };
  for (let pair = -2; pair < pairs; pair += 1) {
    const [first, second] = pair % 2 === 0 ? [ours, peer] : [peer, ours];
    const [one, other] = [wallMilliseconds(first), wallMilliseconds(second)];
    const [mine, theirs] = first === ours ? [one, other] : [other, one];
    if (pair < 0) continue;
    seen.ours.push(mine);
    seen.peer.push(theirs);
    seen.ratios.push(mine / theirs);
  }
  return { ours: median(seen.ours), peer: median(seen.peer), ratio: median(seen.ratios) };
}

function wallMilliseconds(args) {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const took = performance.now() - begun;
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return took;
}

/**
 * Runs a node command line once and asks the process itself, as it exits, for its CPU time and its peak memory. The system counts
 * the memory of a process from before it became another program, so whoever calls this should be small.
 */
export function runProbed(args) {
  return withFolder(async (folder) => {
    const result = join(folder, "usage.json");
    const begun = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ["--require", probe, ...args], {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, BENCH_USAGE_FILE: result },
    });
    const wallSeconds = (performance.now() - begun) / 1_000;
    const isAnswered = status === 0 || (status === 1 && stderr.length === 0); // 1: answered, and some of it infeasible
    if (!isAnswered) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
    const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(result, "utf8"));
    return { wallSeconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMib: maxRSS / 1_024 };
  });
}

/** CPU seconds (user and system, all threads) of one call. */
export async function cpuSeconds(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Two pieces of work in this process, in turn, by CPU time; one warm-up each is dropped. */
export async function compareCalls(ours, peer, rounds) {
  const seen = { ours: [], peer: [], ratios: [] };
  for (let round = -1; round < rounds; round += 1) {
    const mine = await cpuSeconds(ours);
    const theirs = await cpuSeconds(peer);
    if (round < 0) continue;
    seen.ours.push(mine);
    seen.peer.push(theirs);
    seen.ratios.push(mine / theirs);
  }
  return { ours: median(seen.ours), peer: median(seen.peer), ratio: median(seen.ratios) };
}

/** Peak memory of this process so far, in MiB. */
export function peakMib() {
  return process.resourceUsage().maxRSS / 1_024;
}
