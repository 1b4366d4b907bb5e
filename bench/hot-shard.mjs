// The fewest shards for Zipf keys: De Pril's recursion with a skewed tail, against the straightforward way: every key of any weight
// convolved one by one on a fine grid, the dust normal.
import { busiestShardConfidence, fewestShards } from "../dist/sizing/busiest-shard.js";
import { powerSum, zipfLoads } from "../dist/sizing/key-loads.js";
import { upperTail } from "../dist/units/normal-distribution.js";
import { compareCalls, report } from "./measure.js";

const cells = 2_048;
const confidence = 0.95;
const ceiling = 100_000;
const limit = 1;
/** Keys below this part of the limit are dust. */
const dust = 1 / 2_000;

/** Keys, exponent, and all their load in shards. */
const sets = [
  [1_000, 0.5, 5],
  [10_000, 0.8, 10],
  [100_000, 0.9, 12],
  [2_000_000, 0.9, 20],
  [2_000_000, 1.05, 6],
  [10_000_000, 0.7, 100],
];

function peerLoads(keyCount, exponent, load) {
  const hottest = load / powerSum(1, keyCount, exponent);
  const heavyCount = Math.min(keyCount, Math.floor((hottest / (dust * limit)) ** (1 / exponent)));
  return {
    total: load,
    heavy: Float64Array.from({ length: heavyCount }, (_, at) => hottest * (at + 1) ** -exponent),
    dustSum: hottest * powerSum(heavyCount + 1, keyCount, exponent),
    dustSquareSum: hottest ** 2 * powerSum(heavyCount + 1, keyCount, 2 * exponent),
  };
}

/** n times the probability that one shard exceeds the limit. */
function peerRisk({ heavy, dustSum, dustSquareSum }, shardCount) {
  const share = 1 / shardCount;
  const probabilities = new Float64Array(cells + 1);
  probabilities[0] = 1;
  for (const load of heavy) addKey(probabilities, (load / limit) * cells, share);
  const deviation = Math.sqrt(dustSquareSum * share * (1 - share));
  let within = 0;
  for (let cell = 0; cell <= cells; cell += 1) {
    const room = limit - dustSum * share - (cell / cells) * limit;
    const fits = deviation === 0 ? Number(room >= 0) : 1 - upperTail(room / deviation);
    within += probabilities[cell] * fits;
  }
  return shardCount * (1 - within);
}

/** One more key; what lies above the last cell is over the limit and is let go. */
function addKey(probabilities, position, share) {
  const below = Math.floor(position);
  const above = share * (position - below);
  for (let cell = cells; cell >= 0; cell -= 1) {
    let probability = (1 - share) * probabilities[cell];
    if (cell >= below) probability += (share - above) * probabilities[cell - below];
    if (cell > below) probability += above * probabilities[cell - below - 1];
    probabilities[cell] = probability;
  }
}

function peerFewest(loads) {
  const fits = (count) => peerRisk(loads, count) <= 1 - confidence;
  let low = Math.ceil(loads.total / limit) - 1;
  let high = low + 1;
  while (!fits(high)) [low, high] = [high, Math.ceil(high * 1.5)];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return high;
}

for (const [keyCount, exponent, load] of sets) {
  const loads = zipfLoads(load, keyCount, exponent, limit);
  const theirLoads = peerLoads(keyCount, exponent, load);
  let [ours, theirs] = [0, 0];
  const times = await compareCalls(
    () => {
      ours = fewestShards(loads, limit, confidence, ceiling);
    },
    () => {
      theirs = peerFewest(theirLoads);
    },
    3,
  );
  const name = `hot-shard ${keyCount} keys, exponent ${exponent}, ${load} shards of load`;
  const milliseconds = (seconds) => `${(seconds * 1_000).toFixed(1)} ms`;
  report(`${name}: time`, {
    ours: milliseconds(times.ours),
    peer: milliseconds(times.peer),
    ratio: times.ratio,
    goal: "<= 1.00",
  });
  report(`${name}: result`, { ours: `${ours} shards`, peer: `${theirs} shards`, ratio: ours / theirs, goal: "1.00" });
  const risk = 1 - busiestShardConfidence(loads, theirs, limit);
  const theirRisk = peerRisk(theirLoads, theirs);
  report(`${name}: risk at the peer's result`, {
    ours: risk.toFixed(5),
    peer: theirRisk.toFixed(5),
    ratio: risk / theirRisk,
    goal: "1.00",
  });
}
