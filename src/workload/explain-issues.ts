/*
 * Turns what the schema library found into diagnostics: what is wrong, in the words of the format; how to mend it; and where.
 */
import type * as v from "valibot";
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest-name.js";
import { formatPath, type Part, type Path } from "../diagnostics/path.js";
import { type DimensionName, dimensionTexts } from "../units/dimension.js";
import { bounds } from "./bounds.js";

type Issue = v.GenericIssue;

/** Diagnostics for every issue, in a document of some kind; unknown keys are all named, not only the first of each mapping. */
export function explainIssues(
  schema: v.GenericSchema,
  issues: readonly Issue[],
  whole: string = "the workload",
): Diagnostic[] {
  return issues.slice(0, bounds.findings).flatMap((issue) => explainIssue(schema, issue, whole));
}

const at = (path: Path, part: Part): { path: Path; part: Part } => ({ path, part });

function explainIssue(schema: v.GenericSchema, issue: Issue, whole: string): Diagnostic[] {
  const path = pathOf(issue);
  const parent = path.slice(0, -1);
  const owner = describeSchema(schema, parent, issue);
  if (issue.kind !== "schema") return [explainCheck(issue, path)];
  if (issue.type === "strict_object" && issue.expected === "never")
    return explainUnknownKeys(owner, issue, parent, whole);
  if (issue.expected !== null && issue.path?.at(-1)?.origin === "key") return [explainMissingKey(owner, path, whole)];
  if (issue.type === "variant" && issue.input === undefined) return [explainMissingVariant(issue, path)];
  const inner = issue.type === "union" ? innermost(issue) : undefined;
  if (inner !== undefined) return inner.flatMap((one) => explainIssue(schema, withParentPath(one, issue), whole));
  return [explainWrongValue(describeSchema(schema, path, issue), issue, path)];
}

function pathOf(issue: Issue): Path {
  return (issue.path ?? []).map(({ key }) => key as string | number);
}

/** For a mapping where text was allowed too, what is wrong inside it says more than that it is no text. */
function innermost(issue: Issue): readonly Issue[] | undefined {
  const nested = (issue.issues ?? []).filter((one) => one.path !== undefined);
  return nested.length > 0 ? (nested as readonly Issue[]) : undefined;
}

function withParentPath(issue: Issue, parent: Issue): Issue {
  return { ...issue, path: [...(parent.path ?? []), ...(issue.path ?? [])] } as Issue;
}

function explainCheck(issue: Issue, path: Path): Diagnostic {
  const [code = "", reason = "", fix = ""] = issue.message.split("|");
  return diagnose(code as Diagnostic["code"], `${nameOf(path)}: ${reason}`, fix, at(path, "value"));
}

function explainUnknownKeys(owner: SchemaView, issue: Issue, parent: Path, whole: string): Diagnostic[] {
  const known = Object.keys(owner.entries ?? {});
  const mapping = (issue.path?.at(-1) as { input?: Record<string, unknown> } | undefined)?.input ?? {};
  const unknown = Object.keys(mapping)
    .filter((key) => !known.includes(key))
    .slice(0, bounds.findings);
  return unknown.map((key) => {
    const near = nearestName(key, known);
    const fix = near === undefined ? `remove it; the keys here are ${known.join(", ")}` : `did you mean \`${near}\`?`;
    const where = parent.length === 0 ? whole : nameOf(parent);
    return diagnose("unknown-key", `\`${key}\` is not a key of ${where}`, fix, at([...parent, key], "key"));
  });
}

function explainMissingKey(owner: SchemaView, path: Path, whole: string): Diagnostic {
  const key = String(path.at(-1));
  const view = owner.entries?.[key] === undefined ? undefined : viewOf(owner.entries[key]);
  const example =
    view?.dimension === undefined ? "" : `, such as \`${key}: ${dimensionTexts[view.dimension].examples[0]}\``;
  const meaning = view?.description === undefined ? "" : ` (${uncapitalise(view.description)})`;
  const where = path.length === 1 ? whole : nameOf(path.slice(0, -1));
  return diagnose("missing-key", `${where} has no \`${key}\``, `add \`${key}\`${example}${meaning}`, at(path, "key"));
}

function explainMissingVariant(issue: Issue, path: Path): Diagnostic {
  const key = String(path.at(-1));
  return diagnose(
    "missing-key",
    `${nameOf(path.slice(0, -1))} has no \`${key}\``,
    `add \`${key}\`, one of ${listOptions(issue)}`,
    at(path, "key"),
  );
}

function explainWrongValue(view: SchemaView, issue: Issue, path: Path): Diagnostic {
  const where = at(path, "value");
  if (issue.type === "picklist" || issue.type === "variant" || issue.type === "literal") {
    const options = listOptions(issue);
    const fix = choiceFix(issue.input, options);
    return diagnose("wrong-value", `${nameOf(path)}: ${describeValue(issue.input)} is not allowed here`, fix, where);
  }
  return diagnose(
    "wrong-type",
    `${nameOf(path)} takes ${expectation(view, issue)}, not ${describeValue(issue.input)}`,
    `write ${expectation(view, issue)}`,
    where,
  );
}

function choiceFix(input: unknown, options: string): string {
  const known = options.split(", ");
  if (typeof input === "string" && known.includes(input)) return "write it without quotes";
  const near = typeof input === "string" ? nearestName(input, known) : undefined;
  if (near !== undefined) return `did you mean \`${near}\`?`;
  return known.length > 1 ? `write one of ${options}` : `write ${options}`;
}

/** `("a" | "b")` → `a, b`. */
function listOptions(issue: Issue): string {
  return (issue.expected ?? "")
    .replace(/^\(|\)$/g, "")
    .split(" | ")
    .map((option) => option.replace(/^"|"$/g, ""))
    .join(", ");
}

function expectation(view: SchemaView, issue: Issue): string {
  if (view.dimension !== undefined)
    return `${dimensionTexts[view.dimension].noun} such as ${dimensionTexts[view.dimension].examples[0]}`;
  switch (issue.type) {
    case "array":
      return "a list";
    case "strict_object":
      return `a mapping with ${Object.keys(view.entries ?? {})
        .slice(0, 4)
        .join(", ")} …`;
    case "number":
      return "a plain number";
    case "string":
      return "text";
    default:
      return "text or a mapping";
  }
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function nameOf(path: Path): string {
  return path.length === 0 ? "the document" : `\`${formatPath(path)}\``;
}

function uncapitalise(sentence: string): string {
  const text = sentence.replace(/\.$/, "");
  return /^[A-Z]{2}/.test(text) ? text : `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

/** What the format says about one place: the keys of a mapping, the dimension of a value, its description. */
interface SchemaView {
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly item?: v.GenericSchema;
  readonly options?: readonly v.GenericSchema[];
  readonly dimension?: DimensionName;
  readonly description?: string;
}

/** Looks through `optional` and `pipe` at what a schema describes. */
function viewOf(schema: v.GenericSchema): SchemaView {
  const { wrapped, pipe, entries, item, options } = schema as unknown as {
    wrapped?: v.GenericSchema;
    pipe?: readonly (v.GenericSchema & { metadata?: { dimension?: DimensionName }; description?: string })[];
    entries?: SchemaView["entries"];
    item?: v.GenericSchema;
    options?: readonly v.GenericSchema[];
  };
  if (wrapped !== undefined) return viewOf(wrapped);
  const view = {
    ...(entries && { entries }),
    ...(item && { item }),
    ...(Array.isArray(options) && typeof options[0] === "object" && { options }),
  };
  if (pipe === undefined) return view;
  const [base] = pipe;
  const dimension = pipe.find((action) => action.metadata?.dimension !== undefined)?.metadata?.dimension;
  const description = pipe.findLast((action) => action.description !== undefined)?.description;
  const inner =
    base === undefined || base === schema ? view : viewOf({ ...base, pipe: undefined } as unknown as v.GenericSchema);
  return { ...inner, ...view, ...(dimension && { dimension }), ...(description && { description }) };
}

function describeSchema(schema: v.GenericSchema, path: Path, issue: Issue): SchemaView {
  let view = viewOf(schema);
  for (const [depth, step] of path.entries()) {
    view = chooseOption(view, issue.path?.[depth]?.input);
    const next = typeof step === "number" ? view.item : view.entries?.[step];
    if (next === undefined) return {};
    view = viewOf(next);
  }
  return chooseOption(view, issue.path?.[path.length]?.input ?? issue.input);
}

/** Among alternatives, the mapping whose literal keys agree with the value; else the first mapping. */
function chooseOption(view: SchemaView, value: unknown): SchemaView {
  if (view.options === undefined) return view;
  const mappings = view.options.map(viewOf).filter(({ entries }) => entries !== undefined);
  const agreeing = mappings.find(({ entries }) => literalsAgree(entries ?? {}, value));
  return agreeing ?? mappings[0] ?? view;
}

function literalsAgree(entries: Readonly<Record<string, v.GenericSchema>>, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(entries).every(
    ([key, schema]) =>
      schema.type !== "literal" ||
      (schema as unknown as { literal: unknown }).literal === (value as Record<string, unknown>)[key],
  );
}
