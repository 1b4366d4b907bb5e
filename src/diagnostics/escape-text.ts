/*
 * Names and file contents come from anywhere. A terminal acts on control characters, and a reader is misled by characters that
 * reorder or hide text, so none of them is printed as it is: each becomes a visible \u escape.
 */

// C0 and C1 controls, DEL, soft hyphen, Arabic letter mark, Hangul fillers, Mongolian vowel separator, zero-width and bidi marks, line and paragraph
// separators, invisible operators, fillers, variation selectors' kin, byte order mark, interlinear annotations, tags and lone surrogates.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The text with every unsafe character as `\u….`, in the form that JSON and YAML double-quoted strings read back. */
export function escapeText(text: string): string {
  return text.replace(unsafe, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
