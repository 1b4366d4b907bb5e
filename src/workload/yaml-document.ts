/*
 * YAML by two readers. The fast one reads values, which is all that a correct file needs, and knows their positions. Where it
 * refuses a text, or the text has something that the two might see differently (anchors, aliases, tags, directives), the authority
 * (yaml-authority.ts) reads it again: it collects every error. It is loaded only then.
 */
import { CORE_SCHEMA, constructFromEvents, parseEvents, YAMLException } from "js-yaml";
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import type { Part, Path } from "../diagnostics/path.js";
import { type Position, SourceText } from "../diagnostics/source-text.js";
import { bounds } from "./bounds.js";
import { NodeLocator, packNodes } from "./event-positions.js";

/** One YAML document: its plain value, and the position of everything in it. */
export interface YamlDocument {
  readonly value: unknown;
  /** Whether something is wrong with the text itself, so that the value is good for finding further mistakes only. */
  readonly isFlawed?: boolean;
  /** The position of the value (or key) at `path`; of the nearest thing around it where there is none. */
  locate(path: Path, part: Part): Position;
}

/** A document, or what is wrong with it; both where it can be looked at all the same. */
export interface ReadDocument {
  readonly document?: YamlDocument;
  readonly diagnostics: readonly Diagnostic[];
}

export interface YamlText {
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads every document of a text. Documents that cannot be read are left out and reported. */
export async function readYaml(file: string, text: string): Promise<YamlText> {
  const documents: YamlDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const source of splitDocuments(file, text.replace(/^\ufeff/, ""))) {
    const read = readFast(source) ?? (await readWithAuthority(source));
    for (const one of read.diagnostics) diagnostics.push(one);
    if (diagnostics.length >= bounds.findings) break;
    if (read.document?.value !== null && read.document?.value !== undefined) documents.push(read.document);
  }
  return { documents, diagnostics };
}

/** Where each finding stands in the document that it is about. */
export function placeDiagnostics(
  document: Pick<YamlDocument, "locate">,
  diagnostics: readonly Diagnostic[],
): Diagnostic[] {
  return diagnostics.map((one) => {
    if (one.position !== undefined || one.path === undefined) return one;
    return { ...one, position: document.locate(one.path, one.part ?? "value") };
  });
}

// A line that starts with three hyphens or dots is a document marker wherever it stands, even in a block scalar (YAML 1.2, 9.1.2).
const marker = /^(---|\.\.\.)(?=[ \t\r\n]|$)/gm;
const content = /^[ \t]*[^\s#]/m;
const contentOrMarker = /^[ \t]*[^\s#%]/m;

function splitDocuments(file: string, text: string): SourceText[] {
  const sources: SourceText[] = [];
  let start = 0;
  let line = 0;
  let counted = 0;
  const cut = (end: number): void => {
    const chunk = text.slice(start, end);
    line += countLines(text, counted, start);
    counted = start;
    if (chunk !== "" && !isBlank(chunk)) sources.push(new SourceText(file, chunk, line));
    start = end;
  };
  for (const match of text.matchAll(marker)) {
    if (match[1] === "..." || !isDirectives(text.slice(start, match.index))) cut(match.index);
    if (match[1] === "...") start = match.index + "...".length;
  }
  cut(text.length);
  return sources;
}

function isBlank(chunk: string): boolean {
  return !content.test(chunk.startsWith("---") ? chunk.slice("---".length) : chunk);
}

function isDirectives(chunk: string): boolean {
  return !contentOrMarker.test(chunk);
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

const needsAuthority = /[&*!]|^%/m;

function readFast(source: SourceText): ReadDocument | undefined {
  if (source.text.length > bounds.documentLength) return { diagnostics: [tooLong(source)] };
  if (nestsTooDeep(source.text)) return { diagnostics: [tooDeep(source)] };
  if (needsAuthority.test(source.text)) return undefined;
  try {
    const events = parseEvents(source.text, {});
    const [value] = constructFromEvents(events, { source: source.text, schema: CORE_SCHEMA });
    return { document: new FastDocument(source, value, packNodes(events)), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof YAMLException) || source.text.length <= bounds.authorityLength) return undefined;
    return { diagnostics: [firstMistake(source, error)] };
  }
}

/** In a very long text every mistake would take the authority long to list; the fast reader knows the first. */
function firstMistake(source: SourceText, error: YAMLException): Diagnostic {
  const position = source.positionAt(error.mark?.position ?? 0);
  if (/duplicated mapping key/.test(error.reason)) {
    return diagnose("duplicate-key", "a key stands twice in this mapping", "remove one of the two", { position });
  }
  const fix = "check indentation, colons and quotes from here upwards";
  return diagnose("yaml-syntax", `not valid YAML: ${error.reason}`, fix, { position });
}

const sequenceInSequence = new RegExp(`(?:[-?:][ \\t]+){${bounds.depth},}`);
const deepIndent = new RegExp(`^[ ]{${bounds.depth * 4},}\\S`, "m");

/** Brackets in texts count too: no workload has so many. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === openBracket || character === openBrace) depth += 1;
    else if (character === closeBracket || character === closeBrace) depth -= 1;
    if (depth > bounds.depth) return true;
  }
  return sequenceInSequence.test(text) || deepIndent.test(text);
}

const [openBracket, closeBracket, openBrace, closeBrace] = Array.from("[]{}", (one) => one.charCodeAt(0));

function tooDeep(source: SourceText): Diagnostic {
  return diagnose("yaml-bounds", `the document nests more than ${bounds.depth} deep`, "flatten it", {
    position: source.positionAt(0),
  });
}

async function readWithAuthority(source: SourceText): Promise<ReadDocument> {
  const { readWithPositions } = await import("./yaml-authority.js");
  return readWithPositions(source);
}

function tooLong(source: SourceText): Diagnostic {
  const message = `the document is longer than ${bounds.documentLength} characters`;
  return diagnose(
    "file-too-large",
    message,
    "split it into several documents, or put traffic and key weights into CSV files",
    {
      position: source.positionAt(0),
    },
  );
}

class FastDocument implements YamlDocument {
  readonly value: unknown;
  readonly #source: SourceText;
  readonly #nodes: Int32Array;
  #locator: NodeLocator | undefined;

  constructor(source: SourceText, value: unknown, nodes: Int32Array) {
    this.value = value;
    this.#source = source;
    this.#nodes = nodes;
  }

  locate(path: Path, part: Part): Position {
    this.#locator ??= new NodeLocator(this.#source, this.#nodes);
    return this.#locator.locate(path, part);
  }
}
