import { UserError } from "../diagnostics/diagnostic.js";
import { ServiceCatalogue } from "../service/service-facts.js";
import type { Host } from "./host.js";
import { displayName, readText } from "./read-input.js";

/** The facts of every region, with the overrides of a limits file where one is given. */
export async function loadCatalogue(host: Host, path: string | undefined): Promise<ServiceCatalogue> {
  if (path === undefined) return new ServiceCatalogue();
  const { parseLimits } = await import("../workload/parse-limits.js");
  const { overrides, diagnostics } = await parseLimits(displayName(path), await readText(host, path));
  if (diagnostics.length > 0) throw new UserError(diagnostics);
  return new ServiceCatalogue(overrides);
}
