/*
 * What a lease table costs, in request units: a write for each renewal, checkpoint, report and heartbeat, a half unit for each 4 KiB that a
 * scan reads without consistency. Counted by the minute, from who is up and holds what at its end.
 */
import type { KclFleet } from "./kcl-fleet.js";
import { isUp, type LeaseRow } from "./lease-table.js";

/** A read of so many bytes is one unit, half a one where it need not be consistent; a smaller one counts as if it were as large. */
export interface LeaseTableRates {
  readonly itemBytes: number;
  readonly bytesPerReadUnit: number;
}

export class LeaseTableUse {
  readonly #fleet: KclFleet;
  readonly #parts: number;
  readUnits = 0;
  writeUnits = 0;
  #countedSeconds = 0;
  /** How far each lease was then. */
  readonly #processed = new WeakMap<LeaseRow, number>();

  /** @param parts of which the stream is simulated, each with a part of the leases */
  constructor(fleet: KclFleet, parts: number) {
    this.#fleet = fleet;
    this.#parts = parts;
  }

  /** Counts up to the present. */
  count(): void {
    const { now, model, stage } = this.#fleet;
    const seconds = now - this.#countedSeconds;
    this.#countedSeconds = now;
    const rows = this.#fleet.table.rows.filter(
      ({ owner, isAccepted }) => isAccepted && owner !== undefined && isUp(owner),
    );
    this.writeUnits += (seconds * rows.length) / model.renewalSeconds;
    const most = seconds / Math.max(1, stage.fleet.model.checkpointIntervalSeconds ?? Number.POSITIVE_INFINITY);
    for (const row of rows) this.writeUnits += this.#checkpoints(row, most);
    if (model.version === 2) this.#countTakers(seconds);
    else this.#countLeader(seconds);
  }

  /** Of so many intervals each that brings records, which come at any time, ends with a checkpoint. */
  #checkpoints(row: LeaseRow, most: number): number {
    const { processed } = row.lease.reader;
    const records = Math.max(0, processed - (this.#processed.get(row) ?? 0));
    this.#processed.set(row, processed);
    return most > 0 ? -most * Math.expm1(-records / most) : 0;
  }

  /** The workers of this part: where CPU plays no part, each part has all of them. */
  get #workers(): number {
    const { workers, stage } = this.#fleet;
    return workers.length / (stage.fleet.model.cpuSecondsPerRecord === 0 ? this.#parts : 1);
  }

  /** Request units of reading the whole table. */
  get #scan(): number {
    const { itemBytes, bytesPerReadUnit } = this.#fleet.model.use;
    return Math.max(1, Math.ceil((this.#parts * this.#fleet.table.rows.length * itemBytes) / bytesPerReadUnit)) / 2;
  }

  /** Every worker scans the table. */
  #countTakers(seconds: number): void {
    this.readUnits += (seconds * this.#workers * this.#scan) / this.#fleet.model.takerSeconds;
  }

  /** The leader scans the table and holds a lock, at which the others look; each worker reports, and asks for its leases. */
  #countLeader(seconds: number): void {
    const { metrics, leader, discoverySeconds, assignmentSeconds } = this.#fleet.model;
    const workers = this.#workers;
    const leaders = 1 / this.#parts;
    this.writeUnits += seconds * (workers / metrics.reportSeconds + leaders / leader.heartbeatSeconds);
    const queries = workers / discoverySeconds + Math.max(0, workers - leaders) / leader.pollSeconds;
    this.readUnits += seconds * ((leaders * this.#scan) / assignmentSeconds + queries / 2);
  }
}
