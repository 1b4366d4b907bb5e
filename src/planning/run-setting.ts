/*
 * What a run was made of, as far as advice on it needs to know.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import type { ModelChoices } from "../simulation/model.js";
import type { Attachments } from "../workload/attachments.js";
import type { Workload } from "../workload/schema.js";

export interface RunSetting {
  readonly workload: Workload;
  readonly attachments: Attachments;
  readonly facts: ServiceFacts;
  readonly choices: ModelChoices;
}
