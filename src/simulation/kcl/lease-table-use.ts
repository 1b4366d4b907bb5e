/*
 * What a lease table costs, in request units: a write for each renewal, checkpoint, report and heartbeat, a half unit for each 4 KiB that a
 * scan reads without consistency. Counted by the minute, from who is up and holds what at its end.
 */
import type { KclFleet } from "./kcl-fleet.js";
import { isUp } from "./lease-table.js";

/** A read of so many bytes is one unit, half a one where it need not be consistent; a smaller one counts as if it were as large. */
export interface LeaseTableRates {
  readonly itemBytes: number;
  readonly bytesPerReadUnit: number;
}

export class LeaseTableUse {
  readonly #fleet: KclFleet;
  readUnits = 0;
  writeUnits = 0;
  #countedSeconds = 0;

  constructor(fleet: KclFleet) {
    this.#fleet = fleet;
  }

  /** Counts up to the present. */
  count(): void {
    const { now, model, table, workers, stage } = this.#fleet;
    const seconds = now - this.#countedSeconds;
    this.#countedSeconds = now;
    const held = table.rows.filter(({ owner, isAccepted }) => isAccepted && owner !== undefined && isUp(owner));
    const read = held.filter(({ lease }) => lease.blocks === 0).length;
    const checkpoints = read / Math.max(1, stage.fleet.model.checkpointIntervalSeconds ?? Number.POSITIVE_INFINITY);
    const scan = Math.max(1, Math.ceil((table.rows.length * model.use.itemBytes) / model.use.bytesPerReadUnit)) / 2;
    this.writeUnits += seconds * (held.length / model.renewalSeconds + checkpoints);
    if (model.version === 2) {
      this.readUnits += (seconds * workers.length * scan) / model.takerSeconds;
      return;
    }
    const { metrics, leader, discoverySeconds, assignmentSeconds } = model;
    this.writeUnits += seconds * (workers.length / metrics.reportSeconds + 1 / leader.heartbeatSeconds);
    const queries = workers.length / discoverySeconds + Math.max(0, workers.length - 1) / leader.pollSeconds;
    this.readUnits += seconds * (scan / assignmentSeconds + queries / 2);
  }
}
