/*
 * Who leads a KCL 3 application: the holder of a lock, which it renews. A follower that has seen the same renewal for longer than the lock
 * lasts takes over; a leader that stops in good order lets go of it, and the first follower to look has it.
 */
import type { KclFleet } from "./kcl-fleet.js";
import { type KclWorker, lastTick, NEVER, nextTick } from "./lease-table.js";

export class LeaderLock {
  readonly #fleet: KclFleet;
  readonly #onElected: (leader: KclWorker, seconds: number) => void;
  leader: KclWorker | undefined;
  /** When the lock was last renewed by a leader that is gone; never, where it was let go of. */
  #renewedSeconds = NEVER;
  #elections = 0;

  constructor(fleet: KclFleet, onElected: (leader: KclWorker, seconds: number) => void) {
    this.#fleet = fleet;
    this.#onElected = onElected;
    this.leader = fleet.workers[Math.floor(fleet.random.nextUniform() * fleet.workers.length)];
  }

  join(worker: KclWorker): void {
    // It first looks when it starts.
    if (this.leader === undefined) this.#candidate(worker, this.#renewedSeconds);
  }

  leave(worker: KclWorker, how: "crash" | "stop"): void {
    if (worker !== this.leader) return;
    this.leader = undefined;
    this.#elections += 1;
    const { heartbeatSeconds } = this.#fleet.model.leader;
    this.#renewedSeconds = how === "crash" ? lastTick(worker, heartbeatSeconds, worker.endSeconds) : NEVER;
    const since = how === "crash" ? this.#renewedSeconds : worker.endSeconds;
    for (const follower of this.#fleet.workers) this.#candidate(follower, since);
  }

  /** When a follower would take over that looks after a time, if nobody has before it. */
  #candidate(follower: KclWorker, since: number): void {
    const { leaseSeconds, pollSeconds } = this.#fleet.model.leader;
    const isFree = this.#renewedSeconds === NEVER;
    const firstSeen = nextTick(follower, pollSeconds, since);
    const looks = isFree ? 0 : Math.floor(leaseSeconds / pollSeconds) + 1;
    const election = this.#elections;
    this.#fleet.later(firstSeen + looks * pollSeconds, (seconds) => {
      if (this.leader !== undefined || election !== this.#elections || !this.#fleet.workers.includes(follower)) return;
      this.leader = follower;
      const { name } = this.#fleet.stage.fleet.model;
      this.#fleet.stage.log("leader-elected", name, `worker ${follower.worker.slot} of ${name} leads now`);
      this.#onElected(follower, seconds);
    });
  }
}
