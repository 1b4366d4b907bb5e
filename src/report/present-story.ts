import type { StoryEntry } from "../planning/run-story.js";
import { formatClock, formatCount } from "../units/format-quantity.js";
import type { Block, Remark } from "./document.js";

/** Entries that are shown; the rest is in the JSON. */
const ENTRIES_SHOWN = 40;

/** Reasons by their text, and when they were given first. */
type Given = Map<string, string>;

/** A run in the order of time. It takes the place of the list of events. */
export function storyBlocks(story: readonly StoryEntry[], seconds: number): Block[] {
  const rest = story.length - ENTRIES_SHOWN;
  const given: Given = new Map();
  const more = `${formatCount(rest)} more ${rest === 1 ? "entry" : "entries"} in the JSON.`;
  return [
    { kind: "heading", text: "Story" },
    {
      kind: "story",
      entries: story.slice(0, ENTRIES_SHOWN).map((entry) => ({
        when: formatClock(entry.at),
        what: `${entry.what}${untilOf(entry, seconds)}`,
        more: [
          ...remarks("because", newReasons(entry, given)),
          ...remarks("caused", entry.caused),
          ...remarks("then", entry.followed),
          ...remarks("prevent", entry.prevention),
        ],
      })),
    },
    ...(rest > 0 ? [{ kind: "notes", lines: [more] } as const] : []),
  ];
}

/** When it was over, where that is not said, and is not the end of the run. */
function untilOf({ what, until }: StoryEntry, seconds: number): string {
  if (until === undefined || until >= seconds || what.includes(formatClock(until))) return "";
  return ` (until ${formatClock(until)})`;
}

/** Reasons are given once; later on, it is said where. */
function newReasons({ at, because }: StoryEntry, given: Given): string[] {
  const known = new Set(because.flatMap((text) => given.get(text) ?? []));
  const fresh = because.filter((text) => !given.has(text));
  for (const text of fresh) given.set(text, formatClock(at));
  return known.size === 0 ? fresh : [...fresh, `as at ${[...known].join(" and ")}`];
}

function remarks(word: string, texts: readonly string[]): Remark[] {
  return texts.map((text) => ({ word, text }));
}
