import { lastNotAbove } from "../units/last-not-above.js";

/** A place in a source text, counted from 1 as editors do; columns count UTF-16 units. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many columns the offending text takes on its line; at least 1. */
  readonly length: number;
  readonly source: SourceText;
}

/** A text with a name, and where its lines start. Lines are found once, when the first position is asked for. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  /** How many lines of the same file stand before this text. */
  readonly #lineOffset: number;
  #lineStarts: readonly number[] | undefined;

  constructor(file: string, text: string, lineOffset = 0) {
    this.file = file;
    this.text = text;
    this.#lineOffset = lineOffset;
  }

  /** The position of `offset`; the span ends at `end`, or where the line ends if that is earlier. */
  positionAt(offset: number, end: number = offset + 1): Position {
    const starts = this.#starts();
    const index = Math.max(0, lastNotAbove(starts, offset));
    const start = starts[index] ?? 0;
    const lineEnd = start + this.#lineText(index).length;
    return {
      file: this.file,
      line: index + 1 + this.#lineOffset,
      column: offset - start + 1,
      length: Math.max(1, Math.min(end, lineEnd) - offset),
      source: this,
    };
  }

  /** The text of a line by the number that positions give, without its line break; undefined outside this text. */
  line(number: number): string | undefined {
    const index = number - 1 - this.#lineOffset;
    return index < 0 || index >= this.#starts().length ? undefined : this.#lineText(index);
  }

  #lineText(index: number): string {
    const starts = this.#starts();
    return this.text.slice(starts[index] ?? 0, starts[index + 1] ?? this.text.length).replace(/\r?\n$/, "");
  }

  #starts(): readonly number[] {
    this.#lineStarts ??= findLineStarts(this.text);
    return this.#lineStarts;
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
