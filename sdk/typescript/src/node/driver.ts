/**
 * The connection of an interview, and what keeps it: one that is lost is replaced by another with the server's resume
 * token, and what is not known to have arrived is sent again.
 */

import { create, toBinary } from "@bufbuild/protobuf";
import type * as grpc from "@grpc/grpc-js";
import { ConnectionLost, ProtocolError, ServerError, serverError } from "../errors.js";
import { Kept, type Request } from "../kept.js";
import type { Outbox } from "../outbox.js";
import { plain } from "../plain.js";
import { Queue } from "../queue.js";
import { type Hello, helloOf, type Resumed, type Update } from "../results.js";
import { pauseMs, sleep } from "../retry.js";
import { type InterviewRequest, InterviewRequestSchema, type InterviewResponse, type Open, OpenSchema } from "../v1.js";

/** The stream of an interview: encoded requests, decoded responses. */
export type Call = grpc.ClientDuplexStream<Buffer, InterviewResponse>;

/** One stream to the server that it has greeted. */
export interface Connection {
  readonly call: Call;
  readonly responses: AsyncIterator<InterviewResponse>;
  readonly hello: Hello;
  readonly resumeToken: Uint8Array;
}

/** How long one attempt to open or resume may take. */
const ATTEMPT_MS = 10_000;
/** How long the end of the client's half has to reach the server before the rest is let go. */
const FAREWELL_MS = 500;
/** How long sending may keep the event loop from reading, where media comes without a pause. */
const TURN_MS = 5;
/** Between attempts to resume; the grace period ends them, not their number. */
const RESUME = { tries: 1, firstMs: 100, longestMs: 5_000 };
/** How grpc-js words it when HTTP/2 and not the server ended a stream. */
const TRANSPORT = /RST_STREAM|Connection dropped|ECONNRESET|GOAWAY|Stream removed|socket hang up/i;

/** Opens a stream and waits for the server's greeting. */
export async function openConnection(call: Call, open: Open): Promise<Connection> {
  // Errors come out of the iterator; without a listener Node would end the process.
  call.on("error", () => {});
  const timer = setTimeout(() => call.cancel(), ATTEMPT_MS);
  const responses = call[Symbol.asyncIterator]() as AsyncIterator<InterviewResponse>;
  try {
    call.write(encoded({ case: "open", value: open }));
    const first = await responses.next();
    const message = first.done ? undefined : first.value.message;
    if (message?.case !== "hello") throw new ProtocolError("the server's first message was not hello");
    return { call, responses, hello: helloOf(message.value), resumeToken: message.value.resumeToken };
  } catch (error) {
    call.cancel();
    throw asServerError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** A request, encoded. */
export function encoded(message: InterviewRequest["message"]): Buffer {
  return Buffer.from(toBinary(InterviewRequestSchema, create(InterviewRequestSchema, { message })));
}

/** The typed error of a failed call of grpc-js. */
export function asServerError(error: unknown): Error {
  if (!isServiceError(error)) return error instanceof Error ? error : new ProtocolError(String(error));
  const details = error.metadata?.get("grpc-status-details-bin")[0];
  return serverError(error.code, error.details, details instanceof Buffer ? details : undefined);
}

/** True when the transport and not the server ended a stream. */
export function isLost(error: ServerError): boolean {
  const transport = ["INTERNAL", "UNKNOWN", "CANCELLED"].includes(error.code) && TRANSPORT.test(error.detail);
  return transport || error.code === "UNAVAILABLE";
}

function isServiceError(error: unknown): error is grpc.ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

/** Keeps the connection of one interview; see the module. */
export class Driver {
  readonly updates = new Queue<Update>();
  credit: number;
  resumed = 0;
  #dial: (open: Open) => Promise<Connection>;
  #outbox: Outbox;
  #connection: Connection;
  #kept = new Kept();
  #graceMs: number;
  #capacity: number;
  #lastSequence = 0;
  #summarySeen = false;
  #stopping = new AbortController();
  /** Resolves at the end of the interview; never rejects. */
  readonly over: Promise<void>;

  constructor(dial: (open: Open) => Promise<Connection>, connection: Connection, outbox: Outbox) {
    const { hello } = connection;
    this.#dial = dial;
    this.#connection = connection;
    this.#outbox = outbox;
    this.#graceMs = hello.resumeGraceMs;
    this.#capacity = hello.limits?.initialCreditBytes ?? 0;
    this.credit = this.#capacity;
    this.over = this.#run();
  }

  /** Ends the interview, as partial where it was not closed. */
  async stop(): Promise<void> {
    this.updates.abandon();
    this.#outbox.close();
    const timer = setTimeout(() => {
      this.#stopping.abort();
      this.#connection.call.cancel();
    }, FAREWELL_MS);
    await this.over;
    clearTimeout(timer);
  }

  /** Runs to the end of the interview; fails never. */
  async #run(): Promise<void> {
    let end: Error | undefined;
    try {
      for (;;) {
        const lost = await this.#exchange(this.#connection);
        if (!lost) break;
        const following = await this.#reconnect(lost);
        if (!following) break;
        this.#connection = following;
      }
    } catch (error) {
      end = error instanceof Error ? error : new ProtocolError(String(error));
    }
    // Senders learn of the end before the last update is read.
    this.#outbox.end();
    this.updates.end(end);
  }

  /** Sends and reads until the connection or the interview ends; returns why the former was lost. */
  async #exchange(connection: Connection): Promise<ServerError | undefined> {
    const writing = this.#write(connection.call);
    // One that fails by a fault of its own must not leave the reader waiting.
    let fault: unknown;
    const done = writing.done.catch((error: unknown) => {
      fault = error;
      connection.call.cancel();
    });
    try {
      for (;;) {
        const next = await connection.responses.next();
        if (next.done) return undefined;
        await this.#hear(next.value);
      }
    } catch (error) {
      if (fault !== undefined) throw fault;
      const found = asServerError(error);
      if (found instanceof ServerError && this.#mayResume(found)) return found;
      throw found;
    } finally {
      writing.stop();
      await done;
      connection.call.cancel();
    }
  }

  /** Sends what is to be sent, one message after the other, until it is stopped. */
  #write(call: Call): { stop: () => void; done: Promise<void> } {
    let stopped = false;
    let release = (): void => {};
    const stop = (): void => {
      stopped = true;
      release();
      this.#outbox.wake.set();
    };
    // Room in the connection is waited for; one that ended takes nothing more, and says so to the reader alone.
    const send = (request: Request): Promise<void> =>
      new Promise((done) => {
        release = done;
        call.write(Buffer.from(request.data.buffer, request.data.byteOffset, request.data.byteLength), () => done());
      });
    let turn = performance.now();
    const done = (async () => {
      while (!stopped) {
        if (performance.now() - turn > TURN_MS) {
          await new Promise<void>((next) => setImmediate(next));
          turn = performance.now();
        }
        const request = this.#kept.next();
        if (request) {
          await send(request);
          continue;
        }
        this.#outbox.wake.clear();
        const fresh = this.#outbox.take(this.credit, this.#kept.hasRoomForWords);
        if (fresh) {
          this.credit -= fresh.media?.bytes ?? 0;
          this.#kept.push(fresh);
        } else if (this.#outbox.finished) {
          call.end();
          return;
        } else {
          await this.#outbox.wake.wait();
        }
      }
    })();
    return { stop, done };
  }

  async #hear(response: InterviewResponse): Promise<void> {
    const sequence = Number(response.sequence);
    if (sequence > 0 && sequence <= this.#lastSequence) return;
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    const { message } = response;
    switch (message.case) {
      case "credit":
        this.#kept.granted(Number(message.value.bytes));
        this.credit += Number(message.value.bytes);
        this.#outbox.wake.set();
        return;
      case "ack":
        this.#kept.acknowledged(Number(message.value.eventId));
        this.#outbox.wake.set();
        break;
      case "summary":
        this.#summarySeen = true;
        break;
      // A message of a later protocol version is not ours to judge.
      case "hello":
      case undefined:
        return;
    }
    await this.updates.push({ ...plain(message.value), case: message.case } as Update);
  }

  /** True when the transport and not the server ended the stream, and the server lets us back in. */
  #mayResume(error: ServerError): boolean {
    return isLost(error) && this.#connection.resumeToken.length > 0 && this.#graceMs > 0 && !this.#stopping.signal.aborted;
  }

  /** Another connection for the interview; none when only the end of the stream was lost, or nobody waits for it. */
  async #reconnect(why: ServerError): Promise<Connection | undefined> {
    if (this.#summarySeen) return undefined;
    const { hello, resumeToken } = this.#connection;
    const until = performance.now() + this.#graceMs;
    for (let failed = 1; ; failed++) {
      let hintMs: number | undefined;
      try {
        const connection = await this.#dial(
          create(OpenSchema, { sessionId: hello.sessionId, resumeToken, lastSequence: BigInt(this.#lastSequence) }),
        );
        const at = connection.hello.resumed;
        if (!at) {
          connection.call.cancel();
          throw new ProtocolError("the server greeted a resumed interview as a new one");
        }
        await this.#goOn(at);
        return { ...connection, resumeToken };
      } catch (error) {
        if (!(error instanceof ServerError) || !mayTryAgain(error)) throw error;
        hintMs = error.retryAfterMs;
      }
      const pause = pauseMs(RESUME, failed, hintMs);
      if (performance.now() + pause > until) {
        const seconds = Math.round(this.#graceMs / 1000);
        throw new ConnectionLost(why.code, `${why.detail}; not resumed within ${seconds} s`);
      }
      await sleep(pause, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return undefined;
    }
  }

  async #goOn(at: Resumed): Promise<void> {
    const untaken = this.#kept.resume(at, this.#capacity);
    this.credit = Math.max(0, at.creditBytes - untaken);
    this.resumed += 1;
    this.#outbox.wake.set();
    await this.updates.push({ ...at, case: "resumed" });
  }
}

/** True when a later attempt to resume may succeed. */
function mayTryAgain(error: ServerError): boolean {
  const passing = ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED", "DEADLINE_EXCEEDED"];
  // An attempt that took too long was cancelled here.
  return passing.includes(error.code) || error.code === "CANCELLED" || TRANSPORT.test(error.detail);
}
