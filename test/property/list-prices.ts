/** USD per shard-hour, million PUT units, stream-hour, GB and GB-month. */
export const prices = {
  "us-east-1": {
    provisioned: { hour: 0.015, put: 0.014, extended: 0.02, longTerm: 0.023, fanOutHour: 0.015, fanOutGb: 0.013 },
    onDemand: { hour: 0.04, in: 0.08, out: 0.04, fanOut: 0.05, extended: 0.1, longTerm: 0.023 },
    advantage: { in: 0.032, out: 0.016, retention: 0.023 },
  },
  "eu-west-1": {
    provisioned: { hour: 0.017, put: 0.0165, extended: 0.023, longTerm: 0.023, fanOutHour: 0.017, fanOutGb: 0.0147 },
    onDemand: { hour: 0.045, in: 0.091, out: 0.045, fanOut: 0.057, extended: 0.11, longTerm: 0.023 },
    advantage: { in: 0.0364, out: 0.018, retention: 0.023 },
  },
} as const;
