import type { Consumer } from "./schema.js";

/** Whether the code of such a consumer runs on machines of AWS, which replaces them unnoticed: it has no workers of its own. */
export function isRunByAws({ kind }: Pick<Consumer, "kind">): boolean {
  return kind === "lambda" || kind === "firehose";
}
