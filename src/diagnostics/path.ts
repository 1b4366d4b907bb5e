/** Where a value sits in a document: keys and list indices from the root. */
export type Path = readonly (string | number)[];

/** Whether a finding is about a mapping's key or about its value. */
export type Part = "key" | "value";

/** `["producers", 0, "recordSize"]` → `producers[0].recordSize`. */
export function formatPath(path: Path): string {
  return path.map((step, at) => (typeof step === "number" ? `[${step}]` : at === 0 ? step : `.${step}`)).join("");
}
