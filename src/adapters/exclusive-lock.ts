/*
 * A lock on a name, held by one process of this machine at a time. It is a socket that the process listens on, so the system itself
 * lets go of it when the process dies, however it dies: no lock is ever left behind.
 */
import { createHash } from "node:crypto";
import { unlinkSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";

/** Lets go of a lock. */
export type Release = () => void;

/** Takes the lock of a name; undefined where another process has it. */
export async function takeLock(name: string): Promise<Release | undefined> {
  const address = addressOf(name);
  const server = (await listen(address)) ?? (await listenInsteadOfDead(address));
  return server === undefined ? undefined : () => server.close();
}

/** Sockets without a file vanish with their process; where there are none, the file of a dead one stays. */
function addressOf(name: string): string {
  const id = `kinesis-plan-${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
  if (platform() === "linux") return `\0${id}`;
  return platform() === "win32" ? `\\\\.\\pipe\\${id}` : join(tmpdir(), `${id}.sock`);
}

async function listenInsteadOfDead(address: string): Promise<Server | undefined> {
  if (address.startsWith("\0") || (await answers(address))) return undefined;
  unlinkSync(address);
  return listen(address);
}

/** A socket that listens; undefined where one listens already. */
function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server.unref()));
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
