/*
 * The slow and careful reader of YAML: it collects every error, knows every position, and bounds what aliases may expand to.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { type Diagnostic, diagnose } from "../diagnostics/diagnostic.js";
import type { Part, Path } from "../diagnostics/path.js";
import type { Position, SourceText } from "../diagnostics/source-text.js";
import { bounds } from "./bounds.js";
import type { ReadDocument, YamlDocument } from "./yaml-document.js";

function locateIn(source: SourceText, document: Document.Parsed, path: Path, part: Part): Position {
  let node = resolve(document, document.contents);
  let range = firstKeyRange(node) ?? node?.range;
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1;
    const found = child(node, step);
    if (found === undefined) break;
    range = (isLast && part === "value" ? found.value?.range : found.keyRange) ?? found.keyRange ?? range;
    node = resolve(document, found.value);
  }
  const [start, end] = range ?? [0, 1];
  return source.positionAt(start, end);
}

function resolve(document: Document.Parsed, node: Node | undefined | null): Node | undefined {
  return (isAlias(node) ? node.resolve(document) : node) ?? undefined;
}

type Range = Node["range"];

function firstKeyRange(node: Node | undefined): Range | undefined {
  const key = isMap(node) ? node.items[0]?.key : undefined;
  return isScalar(key) ? key.range : undefined;
}

function child(
  node: Node | undefined,
  step: string | number,
): { value: Node | undefined; keyRange: Range | undefined } | undefined {
  if (isSeq(node) && typeof step === "number") {
    const item = node.items[step] as Node | undefined;
    return item === undefined ? undefined : { value: item, keyRange: firstKeyRange(item) ?? item.range };
  }
  if (!isMap(node)) return undefined;
  const pair = (node as YAMLMap<Node, Node>).items.find(
    ({ key }) => isScalar(key) && String(key.value) === String(step),
  );
  return pair === undefined ? undefined : { value: pair.value ?? undefined, keyRange: pair.key.range };
}

function parseWithPositions(source: SourceText): Document.Parsed {
  return parseDocument(source.text, {
    version: "1.2",
    schema: "core",
    merge: false,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: true,
    logLevel: "silent",
  });
}

/** Reads one document with every check; what is wrong comes with its position. */
export function readWithPositions(source: SourceText): ReadDocument {
  try {
    const document = parseWithPositions(source);
    const diagnostics = [
      ...refusedDirectives(source, document),
      ...document.errors.map((error) => explainError(source, error)),
      ...document.warnings.map((warning) => explainTag(source, warning)),
    ];
    const isReadable = diagnostics.every(({ code }) => code === "duplicate-key");
    if (!isReadable) return { diagnostics };
    const value: unknown = document.toJS({ maxAliasCount: bounds.aliasCount });
    const locate: YamlDocument["locate"] = (path, part) => locateIn(source, document, path, part);
    return { document: { value, locate, isFlawed: diagnostics.length > 0 }, diagnostics };
  } catch (error) {
    return { diagnostics: [explainBound(source, error)] };
  }
}

function refusedDirectives(source: SourceText, document: Document.Parsed): Diagnostic[] {
  const version = document.directives.yaml;
  if (version.explicit !== true || version.version === "1.2") return [];
  const at = Math.max(0, source.text.indexOf("%YAML"));
  return [
    diagnose(
      "yaml-version",
      `the document asks for YAML ${version.version}`,
      "remove the %YAML directive; files are read as YAML 1.2",
      {
        position: source.positionAt(at, at + "%YAML".length),
      },
    ),
  ];
}

function explainError(source: SourceText, error: YAMLError): Diagnostic {
  const position = source.positionAt(error.pos[0], error.pos[1]);
  if (error.code !== "DUPLICATE_KEY") {
    const message = error.message.replace(/\s+/g, " ");
    return diagnose(
      "yaml-syntax",
      `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
      "check indentation, colons and quotes from here upwards",
      { position },
    );
  }
  const name = position.source.text.slice(error.pos[0]).split(/[:\r\n]/, 1)[0] ?? "";
  return diagnose("duplicate-key", `the key \`${name.trim()}\` stands twice in this mapping`, "remove one of the two", {
    position,
  });
}

function explainTag(source: SourceText, warning: YAMLError): Diagnostic {
  return diagnose("yaml-version", warning.message, "remove the tag; values are read by the YAML 1.2 core schema", {
    position: source.positionAt(warning.pos[0], warning.pos[1]),
  });
}

function explainBound(source: SourceText, error: unknown): Diagnostic {
  const fix = "write the values out instead of referring to anchors";
  if (error instanceof RangeError) {
    return diagnose("yaml-bounds", "the document nests too deep", "flatten it", { position: source.positionAt(0) });
  }
  if (!(error instanceof ReferenceError)) throw error;
  const alias = /unresolved alias[^:]*: (\S+)/i.exec(error.message)?.[1];
  if (alias === undefined) {
    const message = `the document expands aliases more than ${bounds.aliasCount} times`;
    return diagnose("yaml-bounds", message, fix, { position: source.positionAt(0) });
  }
  const at = Math.max(0, source.text.indexOf(`*${alias}`));
  const position = source.positionAt(at, at + 1 + alias.length);
  return diagnose("yaml-syntax", `no anchor is named ${JSON.stringify(alias)}`, fix, { position });
}
