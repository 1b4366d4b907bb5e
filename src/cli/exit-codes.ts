/** How the program ends; the format of its output never changes it. */
export const exitCodes = {
  /** Answered; every gate holds. */
  ok: 0,
  /** A gate failed, or no plan can satisfy the workload. */
  unsatisfied: 1,
  /** The input or the usage is wrong; nothing was computed. */
  badInput: 2,
  /** The outside failed: a file cannot be written, a call was refused. */
  outside: 3,
  /** Our bug. */
  bug: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
