import { nearestName } from "../diagnostics/nearest-name.js";
import { jsonSchemaOf } from "../report/json-schema.js";
import { schemaNames } from "../report/schema-names.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Host } from "./host.js";
import { print, usage } from "./output.js";

/** `kinesis-plan schema NAME` */
export async function runSchema(host: Host, name: string): Promise<ExitCode> {
  const known = schemaNames.find((one) => one === name);
  if (known === undefined) {
    const near = nearestName(name, schemaNames);
    throw usage(
      `there is no schema ${JSON.stringify(name)}`,
      near === undefined ? `use one of ${schemaNames.join(", ")}` : `did you mean ${near}?`,
    );
  }
  await print(host, `${JSON.stringify(jsonSchemaOf(known), null, 2)}\n`);
  return exitCodes.ok;
}
