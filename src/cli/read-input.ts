import { isUtf8 } from "node:buffer";
import { diagnose, UserError } from "../diagnostics/diagnostic.js";
import { formatBytes } from "../units/format-quantity.js";
import { bounds } from "../workload/bounds.js";
import type { Host } from "./host.js";

/** How a file is named in messages and positions. */
export function displayName(path: string): string {
  return path === "-" ? "<stdin>" : path;
}

/**
 * The text of an input file, or of standard input for `-`.
 *
 * @throws UserError where it cannot be read, is too large, or is not text
 */
export async function readText(host: Host, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of openInput(host, path)) {
    bytes += chunk.length;
    if (bytes > bounds.fileBytes)
      throw refuse(
        "file-too-large",
        path,
        `is larger than ${formatBytes(bounds.fileBytes)}`,
        "split it; put traffic and key weights into CSV files",
      );
    chunks.push(chunk);
  }
  return decode(path, Buffer.concat(chunks));
}

function decode(path: string, bytes: Buffer): string {
  if (bytes.includes(0) || !isUtf8(bytes)) throw refuse("file-not-text", path, "is not UTF-8 text", "give a YAML file");
  return bytes.toString("utf8");
}

/** The bytes of a file as they come, with the system's errors in words. */
export async function* openInput(host: Host, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* host.open(path);
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error) || !("code" in error)) throw error;
    throw refuse(
      "file-unreadable",
      path,
      reasons[String(error.code)] ?? `cannot be read (${String(error.code)})`,
      "check the path and its permissions",
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EISDIR: "is a directory",
  EACCES: "may not be read",
  EPERM: "may not be read",
  ENOTDIR: "lies in something that is not a directory",
  ELOOP: "is a link that leads in circles",
  ENAMETOOLONG: "has a name that is too long",
};

function refuse(
  code: "file-unreadable" | "file-too-large" | "file-not-text",
  path: string,
  what: string,
  fix: string,
): UserError {
  return new UserError([diagnose(code, `${displayName(path)} ${what}`, fix)]);
}
