/*
 * What KCL 3 workers report of their CPU: every 30 s the mean since the last report. Reports are worked out when the leader looks, from
 * what was used since it last did. A worker that was up before the run has nothing to report for the time before.
 */
import type { ConsumerModel } from "../consumer-model.js";
import { takeUtilization } from "../worker.js";
import type { MetricsModel } from "./kcl-model.js";
import type { WorkerLoad } from "./lease-assignment.js";
import { isUp, type KclWorker } from "./lease-table.js";
import { movingAverage } from "./moving-average.js";

interface Reports {
  readonly worker: KclWorker;
  /** How many it has made, from its start on. */
  count: number;
  /** The last ones, oldest first, in percent. */
  readonly percents: number[];
}

export class WorkerReports {
  readonly #model: MetricsModel;
  readonly #consumer: ConsumerModel;
  #reports: Reports[] = [];

  constructor(model: MetricsModel, consumer: ConsumerModel) {
    this.#model = model;
    this.#consumer = consumer;
  }

  join(worker: KclWorker): void {
    this.#reports.push({ worker, count: this.#made(worker, Math.max(0, worker.startSeconds)), percents: [] });
  }

  /** Whether all that are up have reported; where CPU plays no part, there is nothing to report. */
  get areThere(): boolean {
    if (this.#consumer.cpuSecondsPerRecord === 0) return true;
    return this.#reports.every(
      ({ worker, percents }) => !isUp(worker) || worker.startSeconds > 0 || percents.length > 0,
    );
  }

  #made({ startSeconds, endSeconds }: KclWorker, seconds: number): number {
    const { firstSeconds, reportSeconds } = this.#model;
    const until = Math.min(seconds, endSeconds) - startSeconds - firstSeconds;
    return until < 0 ? 0 : Math.floor(until / reportSeconds) + 1;
  }

  /** Workers with a report that is young enough, as the table has them; some may be gone. */
  active(seconds: number): WorkerLoad[] {
    const { firstSeconds, reportSeconds, activeReports, smoothing } = this.#model;
    this.#reports = this.#reports.filter((one) => {
      this.#update(one, seconds);
      const last = one.worker.startSeconds + firstSeconds + (one.count - 1) * reportSeconds;
      return isUp(one.worker) || seconds - last <= activeReports * reportSeconds;
    });
    return this.#reports
      .filter(({ count }) => count > 0)
      .map(({ worker, percents }) => ({ worker: worker.index, utilization: movingAverage(percents, smoothing) }));
  }

  #update(one: Reports, seconds: number): void {
    const { cpuSecondsPerRecord, vcpus } = this.#consumer;
    const count = this.#made(one.worker, seconds);
    const due = Math.min(count - one.count, this.#model.samples);
    one.count = count;
    if (due <= 0 || cpuSecondsPerRecord === 0) return;
    const percent = 100 * (takeUtilization([one.worker.worker.reportCpu], vcpus) ?? 0);
    for (let report = 0; report < due; report += 1) one.percents.push(percent);
    one.percents.splice(0, one.percents.length - this.#model.samples);
  }
}
