// A file with the weights of a million partition keys: how long it takes to place them, and what memory grows by, against csv-parse
// and node's own MD5 in a plain loop.
import { createHash } from "node:crypto";
import { parse } from "csv-parse";
import { readKeyWeights } from "../dist/workload/read-key-weights.js";
import { compareCalls, peakMib, report } from "./measure.js";

const keyCount = 1_000_000;
const keysPerChunk = 1_000;

async function* weights(keys) {
  yield "key,weight\n";
  for (let first = 0; first < keys; first += keysPerChunk) {
    let chunk = "";
    for (let key = first; key < first + keysPerChunk; key += 1)
      chunk += `customer-${(key * 2_654_435_761) % 4_294_967_296},${(1e6 / (key + 1)).toFixed(3)}\n`;
    yield chunk;
  }
}

/** Every key on one of the shards of a stream, as a script would do it. */
async function placeByCrypto(chunks) {
  const shards = new Float64Array(64);
  const parser = parse({ from_line: 2 });
  const ended = new Promise((resolve, reject) => {
    parser.once("end", resolve).once("error", reject);
  });
  parser.on("data", ([key, weight]) => {
    const hash = createHash("md5").update(key).digest();
    shards[hash.readUInt32BE(0) >>> 26] += Number(weight);
  });
  for await (const chunk of chunks) {
    if (!parser.write(chunk)) await new Promise((resolve) => parser.once("drain", resolve));
  }
  parser.end();
  await ended;
}

await readKeyWeights("keys.csv", weights(20_000));
const before = peakMib();
await readKeyWeights("keys.csv", weights(keyCount));
const growth = peakMib() - before;

const { ours, peer, ratio } = await compareCalls(
  () => readKeyWeights("keys.csv", weights(keyCount)),
  () => placeByCrypto(weights(keyCount)),
  3,
);
report("md5-keys time", { ours: `${ours.toFixed(2)} s`, peer: `${peer.toFixed(2)} s`, ratio });
report("md5-keys memory growth", { ours: `${growth.toFixed(0)} MiB` });
