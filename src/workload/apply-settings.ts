/*
 * `--set path=value` on the command line: a value of the workload replaced before it is checked, so that an override obeys the
 * same rules as the file. List entries are addressed by name or by index: `producers.web.records`, `consumers[0].kind`.
 */
import { CORE_SCHEMA, load } from "js-yaml";
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest-name.js";
import type { Part, Path } from "../diagnostics/path.js";
import { type Position, SourceText } from "../diagnostics/source-text.js";
import type { YamlDocument } from "./yaml-document.js";

/** One override as it was written, and what it says. */
export interface Setting {
  readonly source: SourceText;
  readonly steps: readonly string[];
  readonly value: unknown;
}

/** Reads `path=value`. The value is YAML, so that `--set stream.shards=12` gives a number. */
export function parseSetting(text: string): Setting | Diagnostic {
  const source = new SourceText("--set", text);
  const at = text.indexOf("=");
  const steps = text
    .slice(0, Math.max(0, at))
    .split(/\.|\[|\]\.?/)
    .filter((step) => step !== "");
  const complain = (message: string): Diagnostic =>
    diagnose(
      "set-invalid",
      message,
      "write `--set path=value`, such as `--set stream.shards=12` or `--set producers.web.records=5000/s`",
      { position: source.positionAt(0, text.length) },
    );
  if (at < 0 || steps.length === 0) return complain(`${JSON.stringify(text)} is not path=value`);
  try {
    return { source, steps, value: load(text.slice(at + 1), { schema: CORE_SCHEMA }) };
  } catch {
    return complain(`the value of ${JSON.stringify(text)} is not valid YAML`);
  }
}

/** The document with every setting applied; what a setting gave is located in the setting. */
export function applySettings(
  document: YamlDocument,
  settings: readonly Setting[],
): { document: YamlDocument; diagnostics: Diagnostic[] } {
  if (settings.length === 0) return { document, diagnostics: [] };
  const value = structuredClone(document.value);
  const diagnostics: Diagnostic[] = [];
  const applied: { path: Path; setting: Setting }[] = [];
  for (const setting of settings) {
    const result = applySetting(value, setting);
    if ("code" in result) diagnostics.push(result);
    else applied.push({ path: result.path, setting });
  }
  const locate = (path: Path, part: Part): Position => {
    const from = applied.findLast(
      (one) => one.path.every((step, depth) => path[depth] === step) && path.length >= one.path.length,
    );
    return from === undefined
      ? document.locate(path, part)
      : from.setting.source.positionAt(0, from.setting.source.text.length);
  };
  return { document: { value, locate }, diagnostics };
}

function applySetting(root: unknown, setting: Setting): { path: Path } | Diagnostic {
  const path: (string | number)[] = [];
  let owner: unknown = root;
  for (const [depth, step] of setting.steps.entries()) {
    const key = slotOf(owner, step);
    if (key === undefined) return unreachable(setting, step, owner);
    path.push(key);
    const slots = owner as Record<string | number, unknown>;
    const next = setting.steps[depth + 1];
    if (next === undefined) put(slots, key, setting.value);
    else slots[key] ??= isIndex(next) ? [] : {};
    owner = slots[key];
  }
  return { path };
}

/** An empty value takes a key away. */
function put(slots: Record<string | number, unknown>, key: string | number, value: unknown): void {
  if (value === null || value === undefined) delete slots[key];
  else slots[key] = value;
}

/** The key or index that a step names in a mapping or list; a list takes one entry more at its end. */
function slotOf(owner: unknown, step: string): string | number | undefined {
  if (!Array.isArray(owner))
    return typeof owner !== "object" || owner === null || step === "__proto__" ? undefined : step;
  const named = owner.findIndex((item) => nameOf(item) === step);
  if (named >= 0) return named;
  return isIndex(step) && Number(step) <= owner.length ? Number(step) : undefined;
}

function isIndex(step: string): boolean {
  return /^\d{1,6}$/.test(step);
}

function nameOf(item: unknown): unknown {
  return typeof item === "object" && item !== null ? (item as Record<string, unknown>)["name"] : undefined;
}

function unreachable(setting: Setting, step: string, owner: unknown): Diagnostic {
  const names = Array.isArray(owner) ? owner.map(nameOf).filter((name) => typeof name === "string") : [];
  const near = nearestName(step, names);
  const known =
    names.length > 0 ? `the names here are ${names.join(", ")}` : "the path goes through a value that has no parts";
  const fix = near === undefined ? known : `did you mean ${JSON.stringify(near)}?`;
  return diagnose("set-invalid", `\`${step}\` leads nowhere in ${JSON.stringify(setting.source.text)}`, fix, {
    position: setting.source.positionAt(0, setting.source.text.length),
  });
}
