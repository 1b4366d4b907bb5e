/** One thing that happened in a run. Sentences begin small and have no full stop. */
export interface StoryEntry {
  /** Seconds from the start. */
  readonly at: number;
  /** When it was over, where it took time. */
  readonly until?: number;
  readonly what: string;
  /** Limits and timers that were responsible, each with its figure and its name. */
  readonly because: readonly string[];
  /** What the events or the minutes show to come of it. */
  readonly caused: readonly string[];
  /** What came after it, without further evidence that it came of it. */
  readonly followed: readonly string[];
  /** What would have prevented or shortened that. */
  readonly prevention: readonly string[];
}

/** A part of an entry; what is left out is empty. */
export type Told = Partial<Omit<StoryEntry, "at" | "until">>;

/** Parts put together: the first `what` counts, and nothing is said twice. */
export function putTogether(at: number, until: number | undefined, parts: readonly Told[]): StoryEntry {
  const all = (key: "because" | "caused" | "followed" | "prevention"): string[] => {
    const texts = [...new Set(parts.flatMap((part) => part[key] ?? []))];
    return texts.filter((text) => !texts.some((other) => other !== text && other.endsWith(text)));
  };
  return {
    at,
    ...(until !== undefined && until > at && { until }),
    what: parts.find(({ what }) => what !== undefined)?.what ?? "",
    because: all("because"),
    caused: all("caused"),
    followed: all("followed"),
    prevention: all("prevention"),
  };
}
