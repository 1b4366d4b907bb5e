import { type Release, takeLock } from "../adapters/exclusive-lock.js";
import { type ConnectedStream, connectStream, type StreamTarget } from "../adapters/kinesis-stream.js";

/** What `apply` asks of the machine beyond its files: the time, patience, and the stream itself. */
export interface LiveMachine {
  /** Seconds since 1970. */
  now(): number;
  sleep(seconds: number): Promise<void>;
  connect(target: StreamTarget): Promise<ConnectedStream>;
  /** Takes the lock of a name; undefined where another process of this machine has it. */
  lock(name: string): Promise<Release | undefined>;
  /** What is said where the user interrupts the program. */
  onInterrupt(lastWords: () => string): void;
}

export function liveMachine(): LiveMachine {
  return {
    now: () => Date.now() / 1_000,
    sleep: (seconds) =>
      new Promise((resolve) => {
        setTimeout(resolve, seconds * 1_000);
      }),
    connect: connectStream,
    lock: takeLock,
    onInterrupt: (lastWords) => {
      process.prependOnceListener("SIGINT", () => process.stderr.write(lastWords()));
    },
  };
}
