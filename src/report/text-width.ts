/*
 * How wide a text stands in a terminal: letters of Chinese, Japanese and Korean, and most emoji, take two columns each, combining marks
 * none.
 */
import fastStringWidth from "fast-string-width";

const ellipsis = "…";
/** How much of a shortened text its beginning keeps; the rest is its end, in which names of one kind often differ. */
const headRatio = 0.6;

/** Columns that a text takes. */
export function widthOf(text: string): number {
  return fastStringWidth(text);
}

/** The columns that the widest of some texts takes. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);
}

/** The text with blanks behind it, up to so many columns. */
export function padText(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** The text within so many columns; where it is wider, an ellipsis stands for its middle. */
export function shortenText(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const letters = Array.from(new Intl.Segmenter("und").segment(text), ({ segment }) => segment);
  const left = takeWidth(letters, Math.ceil((width - 1) * headRatio));
  const right = takeWidth(letters.toReversed(), width - 1 - widthOf(left.join("")));
  return [...left, ellipsis, ...right.toReversed()].join("");
}

/** As many letters from the first one on as have room. */
function takeWidth(letters: readonly string[], width: number): string[] {
  let taken = 0;
  const end = letters.findIndex((letter) => {
    taken += widthOf(letter);
    return taken > width;
  });
  return letters.slice(0, end);
}
