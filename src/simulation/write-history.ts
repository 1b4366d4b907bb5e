/*
 * The peak write of a stream over the last while, in one-minute means. What can no longer become the largest of any time up to the
 * present is forgotten: those that are left fall, so that the first one of a time is its largest.
 */
import type { WriteRate } from "./on-demand-model.js";

export class WriteHistory {
  readonly #bytesPerSecond = new FallingPeaks();
  readonly #recordsPerSecond = new FallingPeaks();

  /** Notes what was taken up to a tick, after all that was noted before. */
  add(tick: number, { bytesPerSecond, recordsPerSecond }: WriteRate): void {
    this.#bytesPerSecond.add(tick, bytesPerSecond);
    this.#recordsPerSecond.add(tick, recordsPerSecond);
  }

  /** The most since a tick, each of the two by itself. */
  peakSince(tick: number): WriteRate {
    return {
      bytesPerSecond: this.#bytesPerSecond.largestSince(tick),
      recordsPerSecond: this.#recordsPerSecond.largestSince(tick),
    };
  }

  forgetBefore(tick: number): void {
    this.#bytesPerSecond.forgetBefore(tick);
    this.#recordsPerSecond.forgetBefore(tick);
  }
}

class FallingPeaks {
  /** Ascending in their ticks, falling in their values. */
  readonly #peaks: { readonly tick: number; readonly value: number }[] = [];

  add(tick: number, value: number): void {
    const peaks = this.#peaks;
    for (let last = peaks.at(-1); last !== undefined && last.value <= value; last = peaks.at(-1)) peaks.pop();
    peaks.push({ tick, value });
  }

  largestSince(tick: number): number {
    return this.#peaks.find((peak) => peak.tick >= tick)?.value ?? 0;
  }

  forgetBefore(tick: number): void {
    const kept = this.#peaks.findIndex((peak) => peak.tick >= tick);
    this.#peaks.splice(0, kept < 0 ? this.#peaks.length : kept);
  }
}
