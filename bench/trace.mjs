// Reading recorded traffic: rows per second against csv-parse alone, and what memory grows by.
import { parse } from "csv-parse";
import { readTrace } from "../dist/workload/read-trace.js";
import { compareCalls, peakMib, report } from "./measure.js";

const rowCount = 2_000_000;
const rowsPerChunk = 1_000;
const spec = { file: "trace.csv", time: "timestamp", value: "value", per: 10, scale: 1 };

/** The text of a trace as it would stream from a file, the same in every run. */
async function* trace(rows) {
  yield "timestamp,value\n";
  for (let first = 0; first < rows; first += rowsPerChunk) {
    let chunk = "";
    for (let row = first; row < first + rowsPerChunk; row += 1)
      chunk += `${1_760_000_000 + 10 * row},${5_000 + ((row * 7_919) % 4_001)}\n`;
    yield chunk;
  }
}

async function drain(chunks) {
  const parser = parse();
  const ended = new Promise((resolve, reject) => {
    parser.once("end", resolve).once("error", reject);
  });
  parser.resume();
  for await (const chunk of chunks) {
    if (!parser.write(chunk)) await new Promise((resolve) => parser.once("drain", resolve));
  }
  parser.end();
  await ended;
}

await readTrace("trace.csv", trace(20_000), spec);
const before = peakMib();
await readTrace("trace.csv", trace(rowCount), spec);
const growth = peakMib() - before;

const { ours, peer, ratio } = await compareCalls(
  () => readTrace("trace.csv", trace(rowCount), spec),
  () => drain(trace(rowCount)),
  3,
);
const speed = (seconds) => `${Math.round(rowCount / seconds / 1_000)}k rows/s`;
report("trace speed", { ours: speed(ours), peer: speed(peer), ratio: 1 / ratio });
report("trace memory growth", { ours: `${growth.toFixed(0)} MiB` });
