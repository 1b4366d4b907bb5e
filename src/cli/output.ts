import { resolve } from "node:path";
import { diagnose, OutsideError, UserError } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest-name.js";
import type { ReportDocument } from "../report/document.js";
import { type Format, formats, render } from "../report/render.js";
import type { Host } from "./host.js";

/** Where an answer goes: to standard output in one format, and to files in others. */
export interface OutputOptions {
  readonly format: Format;
  readonly out: readonly { readonly format: Format; readonly path: string }[];
  readonly color: boolean;
  readonly width: number;
}

const widthDefault = 80;

/** Reads `--format`, `--out` and `--no-color` as commander collected them. */
export function outputOptions(
  host: Host,
  flags: { readonly format: string; readonly out?: readonly string[]; readonly color: boolean },
): OutputOptions {
  const out = (flags.out ?? []).map(parseOut);
  const repeated = out.find(({ path }, at) => out.findIndex((one) => isSameFile(one.path, path)) !== at);
  if (repeated !== undefined) throw usage(`two --out write to ${repeated.path}`, "give each its own path");
  return {
    format: knownFormat(flags.format, "--format"),
    out,
    color: wantsColor(host, flags.color, host.isOutTty),
    // A terminal that does not know its width says 0.
    width: host.columns || widthDefault,
  };
}

/** Whether two paths name one file, however they are spelled. */
export function isSameFile(one: string, other: string): boolean {
  return resolve(one) === resolve(other);
}

/** NO_COLOR and --no-color switch colour off, FORCE_COLOR on; else it goes to terminals only. */
export function wantsColor(host: Host, flag: boolean, isTty: boolean): boolean {
  const { NO_COLOR: noColor, FORCE_COLOR: forceColor, TERM: term } = host.env;
  if (!flag || (noColor !== undefined && noColor !== "")) return false;
  if (forceColor !== undefined) return forceColor !== "0" && forceColor !== "false";
  return isTty && term !== "dumb";
}

function knownFormat(name: string, flag: string): Format {
  const format = formats.find((one) => one === name);
  if (format !== undefined) return format;
  const near = nearestName(name, formats);
  throw usage(
    `${flag} does not know the format ${JSON.stringify(name)}`,
    near === undefined ? `use one of ${formats.join(", ")}` : `did you mean ${near}?`,
  );
}

function parseOut(text: string): { format: Format; path: string } {
  const at = text.indexOf("=");
  if (at <= 0 || at === text.length - 1)
    throw usage(`--out ${JSON.stringify(text)} is not FORMAT=PATH`, "write it as --out json=result.json");
  const path = text.slice(at + 1);
  if (path === "-") throw usage("--out writes files", "choose what standard output gets with --format");
  return { format: knownFormat(text.slice(0, at), "--out"), path };
}

export function usage(message: string, fix: string): UserError {
  return new UserError([diagnose("usage", message, fix)]);
}

/** Writes the files first, so that what standard output promises is there; then the answer itself. */
export async function writeAnswer(host: Host, report: ReportDocument, options: OutputOptions): Promise<void> {
  for (const { format, path } of options.out) {
    await writeFile(host, path, await render(report, format, { color: false, width: widthDefault }));
  }
  for (const piece of batched(await render(report, options.format, options))) await print(host, piece);
}

/** @throws OutsideError where the file cannot be written */
export async function writeFile(host: Host, path: string, pieces: Iterable<string>): Promise<void> {
  try {
    await host.writeFile(path, pieces);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** @throws OutsideError where standard output takes no more, as on a full disk */
export async function print(host: Host, text: string): Promise<void> {
  try {
    await host.writeOut(text);
  } catch (cause) {
    throw cannotWrite("to standard output", cause);
  }
}

function cannotWrite(where: string, cause: unknown): OutsideError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OutsideError(`cannot write ${where}: ${reason}`, { cause });
}

const batchLength = 2 ** 16;

/** Small pieces joined, so that each write is worth its system call. */
function* batched(pieces: Iterable<string>): Generator<string> {
  let batch = "";
  for (const piece of pieces) {
    batch += piece;
    if (batch.length < batchLength) continue;
    yield batch;
    batch = "";
  }
  if (batch !== "") yield batch;
}
