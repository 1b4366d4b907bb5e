import type { Fact } from "./fact.js";
import { AUTO_SCALING, behaviour, client, OWN_CHOICE } from "./limits-sources.js";

const COOLDOWN =
  "DefaultCooldown and EstimatedInstanceWarmup in https://docs.aws.amazon.com/sdk-for-kotlin/api/latest/autoscaling/";
const DETAILED_MONITORING = `${AUTO_SCALING}/as-scaling-target-tracking.html`;
const ALARMS = "https://github.com/aws-samples/amazon-aurora-labs-for-mysql/issues/3";
const LOW_ALARM = "a blog that quotes AWS, https://cloudandclear.uk/aws-auto-scaling-assumptions-production/";

const READ = { readOn: "2026-11-23" };
const TUNED = "Since November 2024 AWS tunes by itself how fast the alarms of newer policies react.";

/**
 * How EC2 Auto Scaling follows a target of the mean CPU. AWS documents warm-up and cooldown, but not the alarms that it
 * creates, nor how late they see a metric.
 */
export const autoScalingFacts = [
  behaviour("asg.highAlarmPoints", 3, "count", ALARMS, {
    ...READ,
    meaning: "Target tracking adds instances once this many points in a row lie above the target.",
    certainty: "second-hand",
    dispute: `Seen in the alarms that AWS creates; its documentation does not say it. ${TUNED}`,
  }),
  behaviour("asg.lowAlarmPoints", 15, "count", ALARMS, {
    ...READ,
    meaning: "Target tracking takes instances away once this many points in a row lie below the lower threshold.",
    certainty: "second-hand",
    dispute: `Seen in the alarms that AWS creates; its documentation does not say it. ${TUNED}`,
  }),
  behaviour("asg.lowAlarmRatio", 0.9, "ratio", LOW_ALARM, {
    ...READ,
    meaning: "The lower threshold of target tracking is this share of the target.",
    certainty: "second-hand",
    dispute: "AWS is quoted with usually more than 10 % lower, without a figure that always holds.",
  }),
  behaviour("asg.metricPeriodSeconds", 60, "seconds", DETAILED_MONITORING, {
    ...READ,
    meaning: "With detailed monitoring the mean CPU of the instances has one point in this time.",
    dispute: "Detailed monitoring is what AWS recommends; without it a point comes once in 5 minutes.",
  }),
  behaviour("asg.metricDelaySeconds", 90, "seconds", OWN_CHOICE, {
    meaning: "An alarm sees a point this long after the point's period has ended.",
    certainty: "assumption",
    dispute: "No figure of AWS's was found; 60 to 120 seconds are usual.",
  }),
  behaviour("asg.cooldownSeconds", 300, "seconds", COOLDOWN, {
    ...READ,
    meaning:
      "An instance warms up for this long unless configured otherwise, and as much time passes between two scale-ins.",
    dispute:
      "It is the default cooldown; AWS uses it as warm-up where none is set, but does not say how long cooldowns delay scale-ins.",
  }),
  client("asg.launchSeconds", 180, "seconds", OWN_CHOICE, {
    meaning: "An instance or a task works this long after it was asked for.",
    certainty: "assumption",
    dispute: "It depends on the image, the orchestrator and what the application does when it starts.",
  }),
] as const satisfies readonly Fact[];
