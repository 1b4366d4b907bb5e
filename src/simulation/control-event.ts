/** What the control plane did, or refused, and when: the log of a run. */
export const controlEventNames = [
  "reshard-started",
  "reshard-finished",
  "reshard-refused",
  "shard-split",
  "shards-merged",
  "shard-drained",
  "on-demand-scaling",
  "warm-throughput",
  "warm-throughput-refused",
  "mode-change-started",
  "mode-changed",
  "mode-refused",
  "consumer-down",
  "consumer-up",
  "worker-failed",
  "leader-failed",
  "leader-elected",
  "zone-lost",
  "scaled-out",
  "scaled-in",
  "worker-launched",
  "poison-record",
  "poison-harmless",
  "batch-failing",
  "batch-given-up",
  "concurrency-exhausted",
  "concurrency-enough",
  "worker-restarted",
  "lease-moved",
  "deploy-started",
  "deploy-finished",
  "slow-started",
  "slow-ended",
  "traffic-changed",
  "traffic-restored",
  "event-ignored",
] as const;

export type ControlEventName = (typeof controlEventNames)[number];

export type ScalingCause = "cpu" | "bounds" | "shards";

export interface ControlEvent {
  /** Seconds from the start. */
  readonly at: number;
  readonly event: ControlEventName;
  /** The consumer or the shards it concerns, where it concerns one. */
  readonly subject: string;
  readonly message: string;
  /** How many leases a worker held that fails, or how many move. */
  readonly leases?: number;
  /** How many of those that move had nobody since their worker crashed. */
  readonly orphans?: number;
  /** Whether a worker that fails leads the others. */
  readonly leads?: boolean;
  /** Whether leases move from workers that are up, to even out the load. */
  readonly isBalancing?: boolean;
  /** What has a group of workers grow or shrink. */
  readonly scaledBy?: ScalingCause;
}

/** What some events say besides their message. What turns out only later says when it was. */
export type ControlEventDetail = Partial<
  Pick<ControlEvent, "at" | "leases" | "orphans" | "leads" | "isBalancing" | "scaledBy">
>;
