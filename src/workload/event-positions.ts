/*
 * Where everything stands in a document that the fast reader accepted: the reader's own events, which carry offsets, folded into a
 * tree. Such a document has no anchors, aliases or tags.
 */
import {
  EVENT_DOCUMENT,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  EVENT_SEQUENCE,
  getScalarValue,
  parseEvents,
} from "js-yaml";
import type { Part, Path } from "../diagnostics/path.js";
import type { Position, SourceText } from "../diagnostics/source-text.js";

/** A part of the text, from `start` to `end` (excluded). */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** A value's place. A collection has a child for each key or index; while its value is still to come, a key has none. */
interface Place extends Span {
  readonly kind: "scalar" | "mapping" | "sequence";
  /** By key, or by index as text; of keys that stand twice, the last. */
  readonly children: Map<string, Child>;
  /** In a mapping, the key whose value comes next. */
  open?: Child | undefined;
}

interface Child {
  readonly key: string;
  readonly span: Span;
  value?: Place;
}

/** Finds positions in a text; the text is read when this is called. */
export function positionsIn(source: SourceText): (path: Path, part: Part) => Position {
  const root = readPlaces(source.text);
  return (path, part) => locate(source, root, path, part);
}

function readPlaces(text: string): Place | undefined {
  const root: Place = { kind: "sequence", start: 0, end: 1, children: new Map() };
  const open: Place[] = [];
  for (const event of parseEvents(text, {})) {
    if (event.type === EVENT_POP) open.pop();
    else open.push(...opened(event, open.at(-1) ?? root, text));
  }
  return root.children.get("0")?.value;
}

/** Hangs an event's place into its parent; what the event opens stays open until it is popped. */
function opened(event: YamlEvent, parent: Place, text: string): Place[] {
  if (event.type === EVENT_DOCUMENT) return [parent];
  const place = placeOf(event);
  attach(parent, place, event.type === EVENT_SCALAR ? getScalarValue(text, event) : "");
  return event.type === EVENT_SCALAR ? [] : [place];
}

type YamlEvent = Exclude<ReturnType<typeof parseEvents>[number], { type: typeof EVENT_POP }>;

function placeOf(event: YamlEvent): Place {
  switch (event.type) {
    case EVENT_SCALAR:
      return { kind: "scalar", start: event.valueStart, end: event.valueEnd, children: new Map() };
    case EVENT_MAPPING:
      return { kind: "mapping", start: event.start, end: event.start + 1, children: new Map() };
    case EVENT_SEQUENCE:
      return { kind: "sequence", start: event.start, end: event.start + 1, children: new Map() };
    default:
      throw new Error(`an event of type ${event.type} in a document without aliases`);
  }
}

/** In a mapping, keys and values come in turn. */
function attach(parent: Place, place: Place, text: string): void {
  if (parent.kind === "sequence") {
    const key = String(parent.children.size);
    parent.children.set(key, { key, span: place, value: place });
  } else if (parent.open === undefined) {
    parent.open = { key: text, span: place };
    parent.children.set(text, parent.open);
  } else {
    parent.open.value = place;
    parent.open = undefined;
  }
}

function locate(source: SourceText, root: Place | undefined, path: Path, part: Part): Position {
  let place = root;
  let span = root === undefined ? { start: 0, end: 1 } : shownSpan(root);
  for (const [depth, step] of path.entries()) {
    const child = place?.children.get(String(step));
    if (child === undefined) break;
    const wantsKey = place?.kind === "mapping" && (part === "key" || depth < path.length - 1);
    span = wantsKey || isEmpty(child.value) ? child.span : shownSpan(child.value);
    place = child.value;
  }
  return source.positionAt(span.start, span.end);
}

/** Nothing stands after a key, or there is no place for it yet. */
function isEmpty(value: Place | undefined): value is undefined {
  return value === undefined || value.start < 0;
}

/** A mapping is shown by its first key. */
function shownSpan(place: Place): Span {
  const [first] = place.children.values();
  return place.kind === "mapping" && first !== undefined ? first.span : place;
}
