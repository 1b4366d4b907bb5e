import { nearestName } from "../diagnostics/nearest-name.js";
import { presentLimits } from "../report/present-limits.js";
import { type Region, regionNames } from "../service/regions.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import { loadCatalogue } from "./load-limits.js";
import { type OutputOptions, usage, writeAnswer } from "./output.js";

/** `kinesis-plan limits` */
export async function runLimits(
  host: Host,
  flags: { readonly region: string; readonly limits?: string },
  output: OutputOptions,
): Promise<ExitCode> {
  const region = knownRegion(flags.region);
  const catalogue = await loadCatalogue(host, flags.limits);
  await writeAnswer(host, presentLimits(catalogue.forRegion(region)), output);
  return exitCodes.ok;
}

function knownRegion(name: string): Region {
  const region = regionNames.find((one) => one === name);
  if (region !== undefined) return region;
  const near = nearestName(name, regionNames);
  throw usage(
    `--region does not know ${JSON.stringify(name)}`,
    near === undefined ? `use one of ${regionNames.join(", ")}` : `did you mean ${near}?`,
  );
}
