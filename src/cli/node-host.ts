import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Host } from "./host.js";

/** This process as a host. */
export function nodeHost(): Host {
  return {
    argv: process.argv.slice(2),
    env: process.env,
    isOutTty: process.stdout.isTTY === true,
    isErrTty: process.stderr.isTTY === true,
    columns: process.stdout.columns,
    today: new Date().toISOString().slice(0, "yyyy-mm-dd".length),
    open: (path) => (path === "-" ? process.stdin : createReadStream(path)),
    writeOut,
    writeErr: (text) => {
      process.stderr.write(text);
    },
    writeFile: replaceFile,
  };
}

/** A reader that has seen enough, such as `head`, closes the pipe: that is its right. */
function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: NodeJS.ErrnoException | null): void =>
      error && error.code !== "EPIPE" ? reject(error) : resolve();
    process.stdout.once("error", finish);
    process.stdout.write(text, finish);
  });
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}
