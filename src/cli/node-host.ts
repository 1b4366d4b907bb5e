import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Host } from "./host.js";

const outFile = 1;
const errFile = 2;

/**
 * This process as a host. Files and pipes are used by plain system calls: the stream objects of `process` take longer to load than
 * the rest of the program takes to run.
 */
export function nodeHost(): Host {
  const isOutTty = isTerminal(outFile, () => process.stdout);
  const isErrTty = isTerminal(errFile, () => process.stderr);
  return {
    argv: process.argv.slice(2),
    env: process.env,
    isOutTty,
    isErrTty,
    columns: isOutTty ? process.stdout.columns : undefined,
    today: new Date().toISOString().slice(0, "yyyy-mm-dd".length),
    open: (path) => (path === "-" ? process.stdin : readChunks(path)),
    writeOut: (text) => write(outFile, text, () => process.stdout),
    writeErr: (text) => {
      void write(errFile, text, () => process.stderr);
    },
    writeFile: replaceFile,
    simulate: async (tasks) => {
      const { simulateRuns, showProgress, threadCount } = await import("./simulate-runs.js");
      return simulateRuns(tasks, threadCount(), isErrTty ? showProgress() : () => {});
    },
    live: async () => {
      // Its support for this version of Node is no concern of the user's: the engines field says which ones this program runs on.
      process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
      const { liveMachine } = await import("./live-machine.js");
      return liveMachine();
    },
  };
}

/** Terminals are character devices; what is none need not be asked. */
function isTerminal(file: number, stream: () => NodeJS.WriteStream): boolean {
  try {
    return fstatSync(file).isCharacterDevice() && stream().isTTY === true;
  } catch {
    return false;
  }
}

/** A reader that has seen enough, such as `head`, closes the pipe: that is its right. */
async function write(file: number, text: string, stream: () => NodeJS.WriteStream): Promise<void> {
  let rest: Uint8Array = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(file, rest));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EPIPE") return;
    if (code !== "EAGAIN") throw error;
    await writeLater(stream(), rest);
  }
}

/** A full pipe that does not block is left to the stream, which waits for room. */
function writeLater(stream: NodeJS.WriteStream, rest: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: NodeJS.ErrnoException | null): void =>
      error && error.code !== "EPIPE" ? reject(error) : resolve();
    stream.once("error", finish);
    stream.write(rest, finish);
  });
}

const chunkBytes = 2 ** 16;

/** Plain reads start faster than a stream, and the program has nothing else to do meanwhile. */
async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = openSync(path, "r");
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const bytes = readSync(file, chunk);
      if (bytes === 0) return;
      yield chunk.subarray(0, bytes);
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Writes beside the file and renames, so that the file is never half-written; a link keeps pointing where it did, and the file keeps
 * its mode. What is no file, such as a pipe or a device, is written to as it is.
 */
async function replaceFile(path: string, pieces: Iterable<string>): Promise<void> {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isFile()) return writePieces(path, pieces);
  const target = existing === undefined ? path : realpathSync(path);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  try {
    writePieces(temporary, pieces, existing?.mode);
    renameSync(temporary, target);
    syncFolder(dirname(target));
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

function writePieces(path: string, pieces: Iterable<string>, mode?: number): void {
  const file = openSync(path, "w", mode);
  try {
    for (const piece of pieces) writeFileSync(file, piece);
    if (fstatSync(file).isFile()) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The new name outlives a crash of the machine, too; Windows cannot be asked to see to that. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The file itself is safe.
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Nothing was written.
  }
}
