/*
 * Where everything stands in a document that the fast reader accepted. The reader's events carry offsets; they are kept as plain
 * numbers, since a fleet has many of them, and looked through only when a position is asked for. Such a document has no anchors,
 * aliases or tags.
 */
import { EVENT_MAPPING, EVENT_POP, EVENT_SCALAR, EVENT_SEQUENCE, getScalarValue, type parseEvents } from "js-yaml";
import type { Part, Path } from "../diagnostics/path.js";
import type { Position, SourceText } from "../diagnostics/source-text.js";

type YamlEvents = ReturnType<typeof parseEvents>;
type NodeEvent = Extract<
  YamlEvents[number],
  { type: typeof EVENT_SCALAR | typeof EVENT_MAPPING | typeof EVENT_SEQUENCE }
>;
type ScalarEvent = Parameters<typeof getScalarValue>[1];

/** The numbers of a node. `after` is the record that follows it and all that it contains. */
const field = { type: 0, start: 1, end: 2, after: 3, style: 4, chomping: 5, indent: 6, fast: 7 } as const;
const width = 8;

/** The nodes of a document in the order of the text, keys among them, in records of `width` numbers each. */
export function packNodes(events: YamlEvents): Int32Array {
  const nodes = new Int32Array(events.length * width);
  const open: number[] = [];
  let at = 0;
  for (const event of events) {
    if (event.type === EVENT_POP) {
      const opened = open.pop();
      if (opened !== undefined) nodes[opened + field.after] = at;
    } else if (isNode(event)) {
      if (event.type !== EVENT_SCALAR) open.push(at);
      packNode(nodes, at, event);
      at += width;
    }
  }
  return nodes.slice(0, at);
}

function isNode(event: YamlEvents[number]): event is NodeEvent {
  return event.type === EVENT_SCALAR || event.type === EVENT_MAPPING || event.type === EVENT_SEQUENCE;
}

function packNode(nodes: Int32Array, at: number, event: NodeEvent): void {
  nodes[at + field.type] = event.type;
  if (event.type === EVENT_SCALAR) {
    nodes[at + field.start] = event.valueStart;
    nodes[at + field.end] = event.valueEnd;
    nodes[at + field.after] = at + width;
    nodes[at + field.style] = event.style;
    nodes[at + field.chomping] = event.chomping;
    nodes[at + field.indent] = event.indent;
    nodes[at + field.fast] = event.fast ? 1 : 0;
  } else {
    nodes[at + field.start] = event.start;
    nodes[at + field.end] = event.start + 1;
  }
}

/** Finds positions in a document by its nodes. */
export class NodeLocator {
  readonly #source: SourceText;
  readonly #nodes: Int32Array;
  /** By a sequence's record, those of its items, once one of them was asked for. */
  readonly #items = new Map<number, readonly number[]>();

  constructor(source: SourceText, nodes: Int32Array) {
    this.#source = source;
    this.#nodes = nodes;
  }

  /** The position of the value (or key) at `path`; of the nearest thing around it where there is none. */
  locate(path: Path, part: Part): Position {
    let node = 0;
    let shown = this.#firstShown(node);
    for (const [depth, step] of path.entries()) {
      const child = this.#findChild(node, step);
      if (child === undefined) break;
      const wantsKey = part === "key" || depth < path.length - 1;
      const isEmpty = this.#number(child.value, field.start) < 0;
      if (child.key !== undefined && (wantsKey || isEmpty)) shown = child.key;
      else if (!isEmpty) shown = this.#firstShown(child.value);
      node = child.value;
    }
    return this.#source.positionAt(this.#number(shown, field.start), this.#number(shown, field.end));
  }

  #number(node: number, which: number): number {
    return this.#nodes[node + which] ?? 0;
  }

  /** A mapping is shown by its first key. */
  #firstShown(node: number): number {
    const isFilled = this.#number(node, field.after) > node + width;
    return this.#number(node, field.type) === EVENT_MAPPING && isFilled ? node + width : node;
  }

  /** The value at a key, with its key, or at an index. */
  #findChild(parent: number, step: string | number): { key?: number; value: number } | undefined {
    if (this.#number(parent, field.type) === EVENT_SEQUENCE) {
      const value = typeof step === "number" ? this.#itemsOf(parent)[step] : undefined;
      return value === undefined ? undefined : { value };
    }
    const end = this.#number(parent, field.after);
    for (let key = parent + width; key < end; ) {
      const value = this.#number(key, field.after);
      if (this.#textOf(key) === String(step)) return { key, value };
      key = this.#number(value, field.after);
    }
    return undefined;
  }

  #itemsOf(sequence: number): readonly number[] {
    const known = this.#items.get(sequence);
    if (known !== undefined) return known;
    const items: number[] = [];
    const end = this.#number(sequence, field.after);
    for (let at = sequence + width; at < end; at = this.#number(at, field.after)) items.push(at);
    this.#items.set(sequence, items);
    return items;
  }

  /** The text of a key; undefined of a collection, which no path names. */
  #textOf(key: number): string | undefined {
    if (this.#number(key, field.type) !== EVENT_SCALAR) return undefined;
    return getScalarValue(this.#source.text, {
      type: EVENT_SCALAR,
      valueStart: this.#number(key, field.start),
      valueEnd: this.#number(key, field.end),
      style: this.#number(key, field.style) as ScalarEvent["style"],
      chomping: this.#number(key, field.chomping) as ScalarEvent["chomping"],
      indent: this.#number(key, field.indent),
      fast: this.#number(key, field.fast) === 1,
      anchorStart: -1,
      anchorEnd: -1,
      tagStart: -1,
      tagEnd: -1,
    });
  }
}
