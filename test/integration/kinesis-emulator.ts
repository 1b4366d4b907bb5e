/*
 * An emulator of the service (kinesis-local) as a process of its own, and clients of it. It throttles nothing, and answers a rejected
 * reshard by setting the stream ACTIVE a moment later: tests leave it that moment.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:net";
import { resolve } from "node:path";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  type Shard,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const account = "123456789012";
const region = "us-east-1";

/** What a client of the emulator has in its environment. */
export const emulatorEnvironment = {
  AWS_ACCESS_KEY_ID: account,
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_REGION: region,
  AWS_EC2_METADATA_DISABLED: "true",
};

export interface Emulator {
  readonly url: string;
  createStream(name: string, shards: number): Promise<void>;
  openShards(name: string): Promise<number>;
  /** Open shards as `aws kinesis list-shards` prints them. */
  listShards(name: string): Promise<readonly Shard[]>;
  stop(): void;
}

/** @param reshardMilliseconds how long each reshard takes */
export async function startEmulator(reshardMilliseconds: number): Promise<Emulator> {
  const [plain, tls] = [await freePort(), await freePort()];
  const duration = `${reshardMilliseconds}ms`;
  const child = spawn(
    process.execPath,
    ["-r", resolve("test/integration/loopback.cjs"), resolve("node_modules/kinesis-local/main.js")],
    {
      env: {
        ...process.env,
        KINESIS_MOCK_CERT_PATH: resolve("node_modules/kinesis-local/server.json"),
        KINESIS_MOCK_PLAIN_PORT: String(plain),
        KINESIS_MOCK_TLS_PORT: String(tls),
        SHARD_LIMIT: "10000",
        LOG_LEVEL: "ERROR",
        AWS_REGION: region,
        AWS_ACCOUNT_ID: account,
        CREATE_STREAM_DURATION: "50ms",
        UPDATE_SHARD_COUNT_DURATION: duration,
        SPLIT_SHARD_DURATION: duration,
        MERGE_SHARDS_DURATION: duration,
      },
      stdio: "ignore",
    },
  );
  const url = `http://127.0.0.1:${plain}`;
  const client = clientOf(url);
  const summary = async (name: string) =>
    (await client.send(new DescribeStreamSummaryCommand({ StreamName: name }))).StreamDescriptionSummary;
  await untilItListens(client, child);
  return {
    url,
    createStream: async (name, shards) => {
      await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
      while ((await summary(name))?.StreamStatus !== "ACTIVE") await pause(20);
    },
    listShards: async (name) => {
      const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: name }));
      return Shards.filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined);
    },
    openShards: async (name) => (await summary(name))?.OpenShardCount ?? 0,
    stop: () => {
      client.destroy();
      child.kill("SIGKILL");
    },
  };
}

function clientOf(url: string): KinesisClient {
  return new KinesisClient({
    region,
    endpoint: url,
    credentials: { accessKeyId: account, secretAccessKey: "secret" },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, milliseconds);
  });
}

async function untilItListens(client: KinesisClient, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode}`);
    try {
      await client.send(new DescribeStreamSummaryCommand({ StreamName: "none" }));
    } catch (error) {
      if ((error as Error).name === "ResourceNotFoundException") return;
    }
    await pause(100);
  }
}

async function freePort(): Promise<number> {
  const server = await new Promise<Server>((done) => {
    const listening = createServer().listen(0, "127.0.0.1", () => done(listening));
  });
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
