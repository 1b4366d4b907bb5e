import { expect } from "vitest";
import { parseWorkloads } from "../src/workload/parse-workload.js";
import type { Workload } from "../src/workload/schema.js";

/** The one workload of a text that has nothing wrong in it. */
export async function oneWorkload(text: string): Promise<Workload> {
  const { workloads, diagnostics } = await parseWorkloads("w.yaml", text);
  expect(diagnostics).toEqual([]);
  const [first] = workloads;
  if (first === undefined || workloads.length > 1) throw new Error("not one workload");
  return first.workload;
}
