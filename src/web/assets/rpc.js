// gRPC-web over fetch: unary calls and server streams, binary, same origin.
//
// A body is a row of frames: one byte of flags, four bytes of length, then a message, or with flag 0x80 the
// trailers as text. Where a call fails before its first message the status stands in the HTTP headers instead.
// (gRPC over HTTP2 and the PROTOCOL-WEB note of the gRPC project.)

import { Protocol } from "./codec.js";

const TRAILERS = 0x80, COMPRESSED = 0x01;
// Longer than the server's largest message; a frame that announces more is refused before it is gathered.
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

const CODES = [
  "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
  "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
];

// What gRPC makes of an HTTP status where a proxy or server answered without a gRPC status.
const HTTP_CODES = {
  400: "INTERNAL", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "UNIMPLEMENTED", 413: "RESOURCE_EXHAUSTED",
  415: "UNIMPLEMENTED", 429: "UNAVAILABLE", 502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "UNAVAILABLE",
};

// A call that failed: `code` is the name of the gRPC status, the message its text.
export class RpcError extends Error {
  constructor(code, message) {
    super(message || code);
    this.code = code;
  }

  // True where the same call may succeed a moment later.
  get passing() {
    return ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "ABORTED", "UNKNOWN", "INTERNAL"].includes(this.code);
  }
}

// The protocol as the server states it.
export async function loadProtocol() {
  const answer = await fetch("/assets/protocol.json", { cache: "no-store" });
  if (!answer.ok) throw new RpcError("UNAVAILABLE", `the protocol could not be loaded (HTTP ${answer.status})`);
  return new Protocol(await answer.json());
}

// Calls to one service. `headers()` gives the headers of a call, as a key; it is asked for each.
export class Service {
  constructor(protocol, name, headers = () => ({})) {
    this.protocol = protocol;
    this.name = name;
    this.headers = headers;
  }

  // One request, one answer.
  async unary(method, request, { signal } = {}) {
    let answer;
    for await (const message of this.stream(method, request, { signal })) answer ??= message;
    if (answer === undefined) throw new RpcError("INTERNAL", "the call succeeded without an answer");
    return answer;
  }

  // One request, answers as they come. Ends when the call succeeded, throws RpcError where it did not.
  async *stream(method, request, { signal } = {}) {
    const { input, output } = this.protocol.services[this.name][method];
    const response = await this.#send(method, this.protocol.encode(input, request), signal);
    refuse(response);
    let ended = false;
    for await (const { flags, payload } of frames(response.body, signal)) {
      if (flags & COMPRESSED) throw new RpcError("INTERNAL", "a compressed frame, which was not asked for");
      if (flags & TRAILERS) {
        ended = true;
        const trailers = parseTrailers(payload);
        conclude(trailers.get("grpc-status"), trailers.get("grpc-message"));
      } else {
        yield this.protocol.decode(output, payload);
      }
    }
    if (!ended) throw new RpcError("UNAVAILABLE", "the connection broke off");
  }

  async #send(method, message, signal) {
    const body = new Uint8Array(message.length + 5);
    new DataView(body.buffer).setUint32(1, message.length);
    body.set(message, 5);
    try {
      return await fetch(`/${this.name}/${method}`, {
        method: "POST",
        body,
        signal,
        cache: "no-store",
        credentials: "omit",
        headers: {
          "content-type": "application/grpc-web+proto",
          accept: "application/grpc-web+proto",
          "x-grpc-web": "1",
          ...this.headers(),
        },
      });
    } catch (error) {
      throw broken(error, signal);
    }
  }
}

function broken(error, signal) {
  if (signal?.aborted) return new RpcError("CANCELLED", "the call was given up");
  return new RpcError("UNAVAILABLE", `the server cannot be reached (${error.message})`);
}

// Throws where headers alone end the call.
function refuse(response) {
  const status = response.headers.get("grpc-status");
  if (status !== null && status !== "0") conclude(status, response.headers.get("grpc-message"));
  if (!response.ok) {
    throw new RpcError(HTTP_CODES[response.status] ?? "UNKNOWN", `the server answered with HTTP ${response.status}`);
  }
  if (!(response.headers.get("content-type") ?? "").startsWith("application/grpc-web")) {
    throw new RpcError("INTERNAL", "the answer is no gRPC-web");
  }
}

function conclude(status, message) {
  const code = CODES[Number(status ?? NaN)] ?? "UNKNOWN";
  if (code !== "OK") throw new RpcError(code, unescapeMessage(message ?? ""));
}

// grpc-message is percent-encoded; what is not well-formed is shown as it came.
function unescapeMessage(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseTrailers(payload) {
  const lines = new TextDecoder().decode(payload).split("\r\n");
  const pairs = lines.map((l) => [l.slice(0, l.indexOf(":")).trim().toLowerCase(), l.slice(l.indexOf(":") + 1).trim()]);
  return new Map(pairs);
}

// The frames of a body as they become complete.
export async function* frames(body, signal) {
  const reader = body.getReader();
  let held = new Uint8Array(0);
  try {
    for (;;) {
      let part;
      try {
        part = await reader.read();
      } catch (error) {
        throw broken(error, signal);
      }
      if (part.done) break;
      held = append(held, part.value);
      let at = 0;
      while (held.length - at >= 5) {
        const length = new DataView(held.buffer, held.byteOffset + at, 5).getUint32(1);
        if (length > MAX_FRAME_BYTES) throw new RpcError("RESOURCE_EXHAUSTED", `a message of ${length} bytes`);
        if (held.length - at < 5 + length) break;
        yield { flags: held[at], payload: held.slice(at + 5, at + 5 + length) };
        at += 5 + length;
      }
      held = held.slice(at);
    }
    if (held.length > 0) throw new RpcError("UNAVAILABLE", "the connection broke off within a message");
  } finally {
    reader.cancel().catch(() => {});
  }
}

function append(held, part) {
  if (held.length === 0) return part;
  const both = new Uint8Array(held.length + part.length);
  both.set(held);
  both.set(part, held.length);
  return both;
}
