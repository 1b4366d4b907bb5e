import { widthOf } from "./text-width.js";

/** Breaks text at blanks into lines of at most `width` columns; a longer word keeps a line of its own. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line: string[] = [];
  let used = 0;
  for (const word of text.split(" ")) {
    const columns = widthOf(word);
    if (used > 0 && used + 1 + columns > width) {
      lines.push(line.join(" "));
      line = [word];
      used = columns;
    } else {
      line.push(word);
      used += columns + (line.length > 1 ? 1 : 0);
    }
  }
  return [...lines, line.join(" ")];
}
