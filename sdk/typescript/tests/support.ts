/** Real servers for the tests: the program that cargo built, or that LIVEPROOF_BIN names. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { createServer, type Server as Listener, Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Interview, Recording } from "../src/node/index.js";
import type { ChallengeUpdate, Segment, Summary, Update } from "../src/index.js";

// dist/tests -> the repository.
export const HERE = fileURLToPath(new URL("../..", import.meta.url));
export const ROOT = join(HERE, "..", "..");
export const DEMO = join(ROOT, "testdata", "demo");
export const MEDIA = join(ROOT, "testdata", "media");
// A debug build on a busy machine of two cores.
const PATIENCE_MS = 120_000;

/** Says, and counts where .ci/test asks for it, that a test could not do its work. */
export function skipped(test: string, reason: string): string {
  console.error(`SKIPPED ${test}: ${reason}`);
  const log = process.env["LIVEPROOF_SKIP_LOG"];
  if (log) appendFileSync(log, `${test}: ${reason}\n`);
  return reason;
}

/** Whether a program can be run. */
export function has(program: string): boolean {
  return spawnSync(program, ["-version"]).error === undefined;
}

export function program(): string {
  const target = process.env["CARGO_TARGET_DIR"] ?? join(ROOT, "target");
  const path = process.env["LIVEPROOF_BIN"] ?? join(target, "debug", "liveproof");
  if (!existsSync(path)) throw new Error(`${path} is not there; build it, or say where it is in LIVEPROOF_BIN`);
  return path;
}

/** `liveproof serve` on a free port of the loopback. */
export class Server {
  private constructor(
    readonly address: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(...options: string[]): Promise<Server> {
    const env = { ORT_DYLIB_PATH: join(ROOT, "vendor", "onnxruntime", "libonnxruntime.so"), ...process.env };
    const child = spawn(program(), ["serve", "--listen", "127.0.0.1:0", ...options], { cwd: ROOT, env });
    let said = "";
    const address = await new Promise<string>((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`the server did not start:\n${said}`)), PATIENCE_MS);
      const read = (text: Buffer): void => {
        said += text.toString();
        const [, found] = /listening on (127\.0\.0\.1:[1-9]\d*)/.exec(said) ?? [];
        if (!found) return;
        clearTimeout(timer);
        done(found);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("exit", () => failed(new Error(`the server did not start:\n${said}`)));
    });
    return new Server(address, child);
  }

  stop(): Promise<void> {
    return new Promise((done) => {
      this.process.once("exit", () => done());
      this.process.kill("SIGTERM");
      setTimeout(() => this.process.kill("SIGKILL"), 20_000).unref();
    });
  }
}

/** Reads an interview, and keeps what it said. */
export class Heard {
  readonly updates: Update[] = [];
  readonly end: Promise<void>;
  #waiting: { fits: (update: Update) => boolean; done: (update: Update) => void }[] = [];

  constructor(interview: Pick<Interview, typeof Symbol.asyncIterator>) {
    this.end = (async () => {
      for await (const update of interview) {
        this.updates.push(update);
        this.#waiting = this.#waiting.filter(({ fits, done }) => (fits(update) ? done(update) : true));
      }
    })();
    // Whoever awaits `end` hears of it.
    this.end.catch(() => {});
  }

  of<C extends Update["case"]>(kind: C): Extract<Update, { case: C }>[] {
    return this.updates.filter((update): update is Extract<Update, { case: C }> => update.case === kind);
  }

  get finals(): Segment[] {
    return this.of("segment").filter((segment) => segment.final);
  }

  get summary(): Summary {
    const [summary] = this.of("summary");
    if (!summary) throw new Error("no summary came");
    return summary;
  }

  /** The first update on a challenge in that state. */
  async challenge<C extends NonNullable<ChallengeUpdate["state"]>["case"]>(
    state: C,
  ): Promise<ChallengeUpdate & { state: Extract<ChallengeUpdate["state"], { case: C }> }> {
    const fits = (update: Update): boolean => update.case === "challenge" && update.state?.case === state;
    const found = this.updates.find(fits) ?? (await new Promise<Update>((done) => this.#waiting.push({ fits, done })));
    return found as never;
  }
}

/** Passes bytes on, and cuts every connection when told to. */
export class Proxy {
  connections = 0;
  #open = new Set<Socket>();
  #listener: Listener;

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  static async to(address: string): Promise<Proxy> {
    const port = Number(address.split(":")[1]);
    const listener = createServer();
    const proxy = new Proxy(listener);
    listener.on("connection", (near) => {
      proxy.connections += 1;
      const far = new Socket().connect(port, "127.0.0.1");
      for (const [one, other] of [[near, far], [far, near]] as const) {
        proxy.#open.add(one);
        one.on("error", () => {});
        one.on("close", () => { proxy.#open.delete(one); other.destroy(); });
        one.pipe(other);
      }
    });
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    return proxy;
  }

  get address(): string {
    const at = this.#listener.address();
    return typeof at === "object" && at ? `127.0.0.1:${at.port}` : "";
  }

  cut(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  close(): void {
    this.#listener.close();
    this.cut();
  }
}

/** Chunks of a recording in memory. */
export async function chunksOf(recording: Recording) {
  const chunks = [];
  for await (const chunk of recording) chunks.push(chunk);
  return chunks;
}
