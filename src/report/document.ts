import type { Diagnostic } from "../diagnostics/diagnostic.js";

/** How good the news is: it sets a word and, where there is colour, the colour. */
export type Tone = "good" | "bad" | "warn" | "plain";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** One line of a chart: values at equal steps, none negative, and what to say of them. */
export interface ChartSeries {
  readonly label: string;
  readonly values: readonly number[];
  /** The value at the chart's full height; by default the largest, and values that hardly differ are then a low line. */
  readonly top?: number;
  readonly remark: string;
}

export interface Remark {
  readonly word: string;
  readonly text: string;
}

/** A part of a report, without any format yet. Texts may hold anything; renderers escape them. */
export type Block =
  | { readonly kind: "title"; readonly text: string; readonly detail: string }
  | { readonly kind: "verdict"; readonly tone: Tone; readonly text: string; readonly more: readonly string[] }
  | { readonly kind: "heading"; readonly text: string }
  | {
      readonly kind: "table";
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly string[])[];
      readonly marked?: readonly number[];
    }
  | {
      readonly kind: "chart";
      /** What stands under the left and the right end. */
      readonly ends: readonly [string, string];
      readonly series: readonly ChartSeries[];
    }
  | {
      /** What happened at which time, and what there is to say of each, by a word such as `because`. */
      readonly kind: "story";
      readonly entries: readonly { readonly when: string; readonly what: string; readonly more: readonly Remark[] }[];
    }
  | { readonly kind: "notes"; readonly lines: readonly string[] }
  | { readonly kind: "findings"; readonly diagnostics: readonly Diagnostic[] };

/** A flat table for spreadsheets: numbers stay numbers. */
export interface FlatTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/**
 * An answer, ready for any format.
 *
 * @property result the value that `json` and `yaml` print
 * @property blocks what `table` and `markdown` show, made when asked for
 * @property flat what `csv` prints, made when asked for
 */
export interface ReportDocument {
  readonly result: object;
  readonly blocks: () => readonly Block[];
  readonly flat: () => FlatTable;
}
