/*
 * Stands between the program and the emulator: notes the calls that get through, and can answer in the service's stead.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

/** A call of the API as it comes in. */
export interface ApiCall {
  /** Such as UpdateShardCount. */
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the proxy does with a call: answers with an error, or runs something before and after the service has carried it out. */
export interface Interference {
  readonly answer?: { readonly status: number; readonly type: string };
  /** Whether to go on; else the connection is cut. */
  readonly before?: () => boolean;
  /** Whether to pass the answer on; else the connection is cut. */
  readonly after?: () => boolean;
}

export interface RecordingProxy {
  readonly url: string;
  /** The calls that the service carried out, in order. */
  readonly carriedOut: ApiCall[];
  interfere: (call: ApiCall) => Interference;
  stop(): void;
}

export async function startProxy(target: string): Promise<RecordingProxy> {
  const proxy = { carriedOut: [] as ApiCall[], interfere: (_: ApiCall): Interference => ({}) };
  const server = createServer(async (incoming, outgoing) => {
    const body = await readAll(incoming);
    const name = String(incoming.headers["x-amz-target"]).split(".")[1] ?? "";
    const call: ApiCall = { name, body: JSON.parse(body.toString() || "{}") };
    const { answer, before = () => true, after = () => true } = proxy.interfere(call);
    if (answer !== undefined) return refuse(outgoing, answer);
    if (!before()) return void outgoing.destroy();
    const { status, headers, content } = await forward(target, incoming, body);
    if (status === 200) proxy.carriedOut.push(call);
    if (!after()) return void outgoing.destroy();
    outgoing.writeHead(status, headers);
    outgoing.end(content);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

function refuse(outgoing: ServerResponse, { status, type }: { readonly status: number; readonly type: string }): void {
  outgoing.writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": type });
  outgoing.end(JSON.stringify({ __type: type, message: "refused by a test" }));
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly content: Buffer;
}

function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((done, fail) => {
    const options = { method: incoming.method ?? "POST", headers: incoming.headers };
    const sent = request(new URL(incoming.url ?? "/", target), options, async (answer) => {
      done({ status: answer.statusCode ?? 0, headers: answer.headers, content: await readAll(answer) });
    });
    sent.once("error", fail);
    sent.end(body);
  });
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
