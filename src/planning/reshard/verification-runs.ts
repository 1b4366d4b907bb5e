/*
 * The simulated runs around a plan: the plan itself on every course that the traffic may take, the plan under more traffic than it was
 * made for, and what else would carry the traffic.
 */
import type { ServiceCatalogue } from "../../service/service-facts.js";
import type { Quantity } from "../../units/dimension.js";
import { isReshard } from "../../workload/reshard-event.js";
import type { Workload } from "../../workload/schema.js";
import { type PreparedSimulation, prepareSimulation } from "../simulate-workload.js";
import type { Course, DraftPlan } from "./plan-reshards.js";

/**
 * @property plan on the first course, with as many seeds as asked for
 * @property otherCourses the plan on each further course
 * @property higher the plan with so much more traffic, by the order of the request
 */
export interface ReshardRuns<Run> {
  readonly plan: Run;
  readonly otherCourses: readonly Run[];
  readonly higher: readonly Run[];
  readonly staticPeak: Run;
  readonly onDemand: Run;
  readonly advantage: Run;
}

export interface RunRequest extends Course {
  readonly otherCourses: readonly Course[];
  readonly catalogue: ServiceCatalogue;
  readonly seconds: number;
  readonly seed: number;
  /** By how much more traffic the plan is tried, as ratios. */
  readonly sensitivity: readonly number[];
}

/** What is simulated for a plan. */
export function verificationRuns(draft: DraftPlan, request: RunRequest): ReshardRuns<PreparedSimulation> {
  const { workload, otherCourses, sensitivity } = request;
  const planned = (course: Course): Course => ({ ...course, workload: withPlan(course.workload, draft) });
  const prepare = ({ workload: changed, attachments }: Course): PreparedSimulation =>
    prepareSimulation(changed, { ...request, attachments, fidelity: "auto" });
  const { shards: _, ...stream } = workload.stream;
  const instead = (changed: Workload["stream"]): PreparedSimulation =>
    prepare({ ...request, workload: { ...workload, stream: changed, scenario: otherEvents(workload) } });
  const own = planned(request);
  return {
    plan: prepare(own),
    otherCourses: otherCourses.map((course) => prepare(planned(course))),
    higher: sensitivity.map((more) =>
      prepare({ ...own, workload: withMoreTraffic(own.workload, more, request.seconds) }),
    ),
    staticPeak: instead({ ...stream, shards: draft.staticShards }),
    onDemand: instead({ ...stream, mode: "on-demand" }),
    advantage: instead({ ...stream, mode: "on-demand-advantage" }),
  };
}

/** The workload with the plan's calls instead of the reshards of its own scenario. */
function withPlan(workload: Workload, { steps, startShards }: DraftPlan): Workload {
  const calls = steps.map(({ atSeconds, to }) => ({
    event: "reshard" as const,
    at: atSeconds as Quantity<"seconds">,
    shards: to,
  }));
  return {
    ...workload,
    stream: { ...workload.stream, shards: startShards },
    scenario: [...otherEvents(workload), ...calls],
  };
}

function otherEvents({ scenario }: Workload): Workload["scenario"] {
  return scenario.filter((event) => !isReshard(event) && event.event !== "mode");
}

function withMoreTraffic(workload: Workload, more: number, seconds: number): Workload {
  const event = {
    event: "traffic" as const,
    at: 0 as Quantity<"seconds">,
    factor: 1 + more,
    lasts: seconds as Quantity<"seconds">,
  };
  return { ...workload, scenario: [...workload.scenario, event] };
}
