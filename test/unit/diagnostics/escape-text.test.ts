import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeText } from "../../../src/diagnostics/escape-text.js";

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCodePoint(from + at));

const unsafe: readonly [string, readonly string[]][] = [
  ["C0 controls", range(0x00, 0x1f)],
  ["DEL and C1 controls", range(0x7f, 0x9f)],
  ["soft hyphen", ["\u00ad"]],
  ["Arabic letter mark", ["\u061c"]],
  ["Hangul fillers", ["\u115f", "\u1160", "\u3164", "\uffa0"]],
  ["Khmer inherent vowels", ["\u17b4", "\u17b5"]],
  ["Mongolian vowel separator", ["\u180e"]],
  ["zero-width and direction marks", range(0x200b, 0x200f)],
  ["line and paragraph separator, embeddings and overrides", range(0x2028, 0x202e)],
  ["word joiner and invisible operators", range(0x2060, 0x2064)],
  ["direction isolates", range(0x2066, 0x206f)],
  ["byte order mark", ["\ufeff"]],
  ["interlinear annotations", range(0xfff9, 0xfffb)],
  ["tags", ["\u{e0001}", ...range(0xe0020, 0xe007f)]],
  ["lone surrogates", ["\ud800", "\udbff", "\udc00", "\udfff"]],
];

describe("escapeText", () => {
  it.each(unsafe)("shows %s as \\u escapes that JSON reads back", (_, characters) => {
    for (const character of characters) {
      const escaped = escapeText(`a${character}b`);
      expect(escaped, `U+${character.codePointAt(0)?.toString(16)}`).toMatch(/^a(\\u[0-9a-f]{4})+b$/);
      expect(JSON.parse(`"${escaped}"`)).toBe(`a${character}b`);
    }
  });

  it.each(["plain text", "äöü ß é", "日本語", "😀", "🇩🇪", "\u{1f469}\u{1f3fd}", "Ελληνικά", "עברית", "<>&\"'`=+-@|\\"])(
    "leaves %s as it is",
    (text) => {
      expect(escapeText(text)).toBe(text);
    },
  );

  it("leaves no control or direction character in any text, and JSON reads it back", () => {
    const character = fc.oneof(
      fc.constantFrom(...unsafe.flatMap(([, characters]) => characters)),
      fc.string({ unit: "binary", minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(character, { maxLength: 20 }), (parts) => {
        const text = parts.join("");
        const escaped = escapeText(text);
        expect(escaped).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        // JSON text is escaped after it is serialised: nothing outside its strings changes.
        expect(JSON.parse(escapeText(JSON.stringify(text)))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});
