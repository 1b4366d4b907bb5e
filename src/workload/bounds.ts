/** How large an input may be. Each bound is far above any real workload and far below what exhausts a machine. */
export const bounds = {
  /** Bytes of one workload file, scenario or limits file. */
  fileBytes: 64 * 1_024 * 1_024,
  /** Characters of one YAML document. */
  documentLength: 1_024 * 1_024,
  /** Characters of a broken document of which every mistake is listed; of a longer one, the first. */
  authorityLength: 65_536,
  /** How many times aliases may expand in one document. */
  aliasCount: 500,
  /** Time steps that a trace may span; one takes 8 bytes. */
  traceSteps: 12_000_000,
  /** Seconds that demand is looked at, some four years. */
  horizonSeconds: 132_000_000,
  /** Rows of a simulation's timeline; one takes about 500 bytes, and more with many consumers. */
  timelineRows: 1_000_000,
  /** The largest rate, size and factor: far beyond any stream, and far from where numbers lose their digits. */
  recordsPerSecond: 1e12,
  bytes: 1e12,
  factor: 1e6,
  /** Findings that are worked out for one document; more would repeat themselves. */
  findings: 1_000,
  /** How deep collections may nest. */
  depth: 200,
  /** Instants at which the rate of one producer may turn in that time. */
  bends: 4_000_000,
} as const;
