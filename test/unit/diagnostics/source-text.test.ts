import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SourceText } from "../../../src/diagnostics/source-text.js";

const place = (text: string, offset: number, end?: number, lineOffset?: number) => {
  const { line, column, length } = new SourceText("f", text, lineOffset).positionAt(offset, end);
  return [line, column, length];
};

describe("SourceText", () => {
  it("counts lines and columns from 1", () => {
    expect(place("ab\ncd", 0)).toEqual([1, 1, 1]);
    expect(place("ab\ncd", 1)).toEqual([1, 2, 1]);
    expect(place("ab\ncd", 3)).toEqual([2, 1, 1]);
    expect(place("ab\ncd", 4)).toEqual([2, 2, 1]);
  });

  it("counts columns in UTF-16 units", () => {
    expect(place("😀x", 2)).toEqual([1, 3, 1]);
  });

  it("takes a CRLF for one line break, outside of the line", () => {
    const source = new SourceText("f", "ab\r\ncd\r\n");
    expect(source.line(1)).toBe("ab");
    expect(source.line(2)).toBe("cd");
    expect(place("ab\r\ncd\r\n", 4, 20)).toEqual([2, 1, 2]);
    expect(place("ab\r\ncd\r\n", 0, 8)).toEqual([1, 1, 2]);
  });

  it("knows the last line, with and without a line break", () => {
    expect(new SourceText("f", "a\nb").line(2)).toBe("b");
    expect(new SourceText("f", "a\nb").line(3)).toBeUndefined();
    expect(new SourceText("f", "a\nb\n").line(3)).toBe("");
    expect(new SourceText("f", "a\nb\n").line(0)).toBeUndefined();
    expect(place("a\nb", 3, 9)).toEqual([2, 2, 1]);
    expect(place("", 0)).toEqual([1, 1, 1]);
  });

  it("ends a span where the line ends", () => {
    expect(place("abc\ndef", 1, 6)).toEqual([1, 2, 2]);
    expect(place("abc\ndef", 1, 3)).toEqual([1, 2, 2]);
    expect(place("abc\ndef", 1, 2)).toEqual([1, 2, 1]);
    expect(place("abc", 2, 1)).toEqual([1, 3, 1]);
  });

  it("adds the lines that stand before it", () => {
    const source = new SourceText("f", "ab\ncd", 10);
    expect(place("ab\ncd", 3, 5, 10)).toEqual([12, 1, 2]);
    expect(source.line(11)).toBe("ab");
    expect(source.line(12)).toBe("cd");
    expect(source.line(1)).toBeUndefined();
    expect(source.line(13)).toBeUndefined();
  });

  it("agrees with splitting the text into lines", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "\n", "\r\n", "é", "😀"), { maxLength: 40 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.nat({ max: 60 }), (whole, at) => {
        const offset = Math.min(at, whole.length);
        const before = whole.slice(0, offset).split("\n");
        const { line, column, source } = new SourceText("f", whole).positionAt(offset);
        expect([line, column]).toEqual([before.length, (before.at(-1) ?? "").length + 1]);
        expect(source.line(line)).toBe(whole.split("\n")[line - 1]?.replace(/\r$/, ""));
      }),
    );
  });
});
