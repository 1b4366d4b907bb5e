import { dirname, isAbsolute, join } from "node:path";
import { type Diagnostic, UserError } from "../diagnostics/diagnostic.js";
import type { ServiceCatalogue } from "../service/service-facts.js";
import { parseSetting, type Setting } from "../workload/apply-settings.js";
import type { Attachments } from "../workload/attachments.js";
import { noAttachments } from "../workload/attachments.js";
import type { KeyWeights } from "../workload/key-weights.js";
import { type ParsedWorkload, parseWorkloads } from "../workload/parse-workload.js";
import type { TraceSeries } from "../workload/read-trace.js";
import type { Producer } from "../workload/schema.js";
import type { Host } from "./host.js";
import { displayName, openInput, readText } from "./read-input.js";

/** A workload with the files that it refers to. */
export interface LoadedWorkload extends ParsedWorkload {
  readonly attachments: Attachments;
}

/**
 * Reads every workload of the files, with overrides applied, and the traces and key weights they refer to.
 *
 * @throws UserError with everything that is wrong in any of them
 */
export async function loadWorkloads(
  host: Host,
  paths: readonly string[],
  settingTexts: readonly string[],
  catalogue: ServiceCatalogue,
): Promise<LoadedWorkload[]> {
  const wrong: Diagnostic[] = [];
  const settings = readSettings(settingTexts, wrong);
  const parsed: { workload: ParsedWorkload; path: string }[] = [];
  for (const path of paths) {
    await collecting(wrong, async () => {
      const { workloads, diagnostics } = await parseWorkloads(
        displayName(path),
        await readText(host, path),
        settings,
        catalogue,
      );
      for (const one of diagnostics) wrong.push(one);
      for (const workload of workloads) parsed.push({ workload, path });
    });
  }
  const loaded: LoadedWorkload[] = [];
  for (const { workload, path } of parsed) {
    await collecting(wrong, async () => {
      loaded.push({ ...workload, attachments: await loadAttachments(host, path, workload.workload.producers) });
    });
  }
  if (wrong.length > 0) throw new UserError(wrong);
  return loaded;
}

function readSettings(texts: readonly string[], wrong: Diagnostic[]): Setting[] {
  const settings: Setting[] = [];
  for (const text of texts) {
    const setting = parseSetting(text);
    if ("code" in setting) wrong.push(setting);
    else settings.push(setting);
  }
  return settings;
}

/** Runs a step; what the user can mend joins the other findings, so that all come out in one run. */
async function collecting(wrong: Diagnostic[], step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    for (const one of error.diagnostics) wrong.push(one);
  }
}

async function loadAttachments(host: Host, workloadPath: string, producers: readonly Producer[]): Promise<Attachments> {
  const referring = producers.filter(
    ({ traffic, keys }) => traffic?.trace !== undefined || keys?.weightsFile !== undefined,
  );
  if (referring.length === 0) return noAttachments;
  const folder = workloadPath === "-" ? "." : dirname(workloadPath);
  const traces = new Map<string, TraceSeries>();
  const weights = new Map<string, KeyWeights>();
  for (const { name, traffic, keys } of referring) {
    if (traffic?.trace !== undefined) {
      const { readTrace } = await import("../workload/read-trace.js");
      const path = resolveIn(folder, traffic.trace.file);
      traces.set(name, await readTrace(path, openInput(host, path), traffic.trace));
    }
    if (keys?.weightsFile !== undefined) {
      const { readKeyWeights } = await import("../workload/read-key-weights.js");
      const path = resolveIn(folder, keys.weightsFile);
      weights.set(name, await readKeyWeights(path, openInput(host, path)));
    }
  }
  return { traces, weights };
}

function resolveIn(folder: string, file: string): string {
  return isAbsolute(file) ? file : join(folder, file);
}
