/*
 * How each figure of a sizing came about: the formula, the formula with this workload's numbers in it, and the published limits
 * that went in, each with its source. What stands here is computed from the same values as the answer.
 */
import type { Fact } from "../service/fact.js";
import type { FactName } from "../service/service-facts.js";
import {
  formatByteRate,
  formatDuration,
  formatNumber,
  formatRatio,
  formatRecordRate,
} from "../units/format-quantity.js";
import type { Consumer } from "../workload/schema.js";
import type { Basis } from "./basis.js";
import { type Constraint, catchUpFactor, parallelBatches, processingTime, readBytesPerSecond } from "./constraints.js";
import { confidenceWanted } from "./hot-shard.js";
import { countReaders } from "./readers.js";

/** The derivation of one constraint. `facts` are the published figures in it. */
export interface Derivation {
  readonly constraint: string;
  readonly formula: string;
  readonly substitution: string;
  readonly need: number | null;
  readonly minimum: number | null;
  readonly recommended: number | null;
  readonly facts: readonly Pick<Fact, "name" | "value" | "unit" | "certainty" | "source" | "readOn">[];
}

interface Formula {
  readonly formula: string;
  readonly substitution: string;
  readonly facts: readonly FactName[];
}

/** The derivation of every constraint of a sized workload. */
export function explainSizing(basis: Basis): Derivation[] {
  return basis.constraints.map((constraint): Derivation => {
    const { formula, substitution, facts } = derive(basis, constraint);
    const { name, need, minimum, recommended } = constraint;
    return {
      constraint: name,
      formula,
      substitution,
      need,
      minimum,
      recommended,
      facts: facts.map((factName) => {
        const { value, unit, certainty, source, readOn } = basis.facts.fact(factName);
        return { name: factName, value, unit, certainty, source, readOn };
      }),
    };
  });
}

function derive(basis: Basis, constraint: Constraint): Formula {
  const consumer = basis.workload.consumers[constraint.consumerIndex ?? -1];
  switch (constraint.kind) {
    case "write-bytes":
      return writeBytes(basis);
    case "write-records":
      return writeRecords(basis);
    case "read-bytes":
      return readBytes(basis);
    case "processing":
      return processing(basis, consumer as Consumer);
    case "workers":
      return workers(basis, consumer as Consumer);
    case "catch-up":
      return catchUp(basis, consumer as Consumer);
    case "hot-shard":
      return hotShard(basis);
  }
}

function writeBytes({ workload, demand, facts }: Basis): Formula {
  const limit = facts.value("shard.writeBytesPerSecond");
  return {
    formula: "bytes/s at the peak ÷ (a shard's write bytes/s × u)",
    substitution: `${formatByteRate(demand.bytesPerSecondPeak)} ÷ (${formatByteRate(limit)} × u), u = ${workload.stream.utilization}`,
    facts: ["shard.writeBytesPerSecond"],
  };
}

function writeRecords({ workload, demand, facts }: Basis): Formula {
  const limit = facts.value("shard.writeRecordsPerSecond");
  return {
    formula: "Kinesis records/s at the peak ÷ (a shard's write records/s × u)",
    substitution: `${formatRecordRate(demand.kinesisRecordsPerSecondPeak)} ÷ (${formatRecordRate(limit)} × u), u = ${workload.stream.utilization}`,
    facts: ["shard.writeRecordsPerSecond"],
  };
}

function readBytes({ workload, demand, facts }: Basis): Formula {
  const { shared } = countReaders(workload.consumers);
  const limit = facts.value("shard.readBytesPerSecond");
  return {
    formula: "shared consumers × bytes/s at the peak ÷ (a shard's read bytes/s × u)",
    substitution: `${shared} × ${formatByteRate(demand.bytesPerSecondPeak)} ÷ (${formatByteRate(limit)} × u), u = ${workload.stream.utilization}`,
    facts: ["shard.readBytesPerSecond"],
  };
}

function processing({ workload, demand }: Basis, consumer: Consumer): Formula {
  const time = processingTime(consumer) ?? 0;
  return {
    formula:
      "user records/s at the peak × time per record ÷ (parallelization × u): a shard is one sequential processor",
    substitution: `${formatRecordRate(demand.recordsPerSecondPeak)} × ${formatDuration(time)} ÷ (${parallelBatches(consumer)} × u), u = ${workload.stream.utilization}`,
    facts: [],
  };
}

function workers({ demand }: Basis, { cpuPerRecord = 0 as never, worker }: Consumer): Formula {
  return {
    formula: "user records/s at the peak × CPU per record ÷ (vCPUs × target CPU), as whole workers: each needs a shard",
    substitution: `${formatRecordRate(demand.recordsPerSecondPeak)} × ${formatDuration(cpuPerRecord)} ÷ (${formatNumber(worker.vcpus)} × ${worker.targetCpu})`,
    facts: [],
  };
}

function catchUp({ workload, demand, facts }: Basis, consumer: Consumer): Formula {
  const { recovery } = consumer;
  const factor = recovery === undefined ? 1 : catchUpFactor(recovery);
  const { shared } = countReaders(workload.consumers);
  const readers = consumer.read === "fan-out" ? "f" : `(${shared} − 1 + f)`;
  const time = processingTime(consumer);
  const working =
    time === undefined
      ? ""
      : `, and f × ${formatRecordRate(demand.recordsPerSecondPeak)} × ${formatDuration(time)} ÷ ${parallelBatches(consumer)}`;
  return {
    formula:
      "with f = 1 + outage ÷ within, the larger of the bytes to read ÷ a shard's read bytes/s and the records to process × time per record; no headroom",
    substitution: `with f = ${formatNumber(factor)}: ${readers} × ${formatByteRate(demand.bytesPerSecondPeak)} ÷ ${formatByteRate(readBytesPerSecond(consumer, facts))}${working}`,
    facts: [consumer.read === "fan-out" ? "fanOut.readBytesPerSecond" : "shard.readBytesPerSecond"],
  };
}

function hotShard({ spread, demand, workload }: Basis): Formula {
  const hottest = spread?.hottest;
  const producer = demand.producers[hottest?.producerIndex ?? -1]?.producer.name;
  const format = hottest?.limit === "bytes" ? formatByteRate : formatRecordRate;
  const key =
    hottest &&
    `the hottest key has ${formatRatio(hottest.share)} of \`${producer}\`, ${format(hottest.load)} of ${format(hottest.accepted)}`;
  return {
    formula: `the fewest shards at which the busiest one stays within u of both write limits; where keys are placed at random, with a probability of ${formatRatio(confidenceWanted)}`,
    substitution: `${key}; u = ${workload.stream.utilization}`,
    facts: ["shard.writeBytesPerSecond", "shard.writeRecordsPerSecond"],
  };
}
