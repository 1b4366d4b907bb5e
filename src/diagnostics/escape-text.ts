/*
 * Names and file contents come from anywhere. A terminal acts on control characters, and a reader is misled by characters that
 * reorder or hide text, so none of them is printed as it is: each becomes a visible \u escape.
 */

// Controls, format characters (zero-width and bidi marks, tags, the byte order mark), lone surrogates, line and paragraph
// separators, and letters that show as nothing.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu;

/** Printable ASCII and line breaks: nearly all texts, and told several times faster. */
const isPlain = /^[\n -~]*$/;

/** The text with every unsafe character as `\u….`, in the form that JSON and YAML double-quoted strings read back. */
export function escapeText(text: string): string {
  return text.replace(unsafe, escapeCharacter);
}

const unsafeInLines = new RegExp(`(?!\\n)${unsafe.source}`, "gu");

/** The same for a text of several lines, whose line breaks stay. */
export function escapeLines(text: string): string {
  return isPlain.test(text) ? text : text.replace(unsafeInLines, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
