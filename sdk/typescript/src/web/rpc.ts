/** Calls of `WebService` over gRPC-web. */

import { Code as ConnectCode, ConnectError, createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ProtocolError, type ServerError, serverError } from "../errors.js";
import { WebService } from "../v1.js";

/** What calls are made with. */
export interface WebOptions {
  /** Instead of the global one. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Binary gRPC-web to an origin, as `https://liveproof.example`; `headers` are asked for with each call. */
export function webService(origin: string, headers: Record<string, string>, { fetch }: WebOptions): Client<typeof WebService> {
  const show: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
  // Neither cookies nor a cache have a part in it.
  const send: typeof globalThis.fetch = (input, init) =>
    (fetch ?? globalThis.fetch)(input, { ...init, credentials: "omit", cache: "no-store" });
  return createClient(WebService, createGrpcWebTransport({ baseUrl: origin, interceptors: [show], fetch: send }));
}

/** The typed error of a failed call of connect. */
export function asServerError(error: unknown): Error {
  if (!(error instanceof ConnectError)) return error instanceof Error ? error : new ProtocolError(String(error));
  // What fetch itself says of a server that cannot be reached, or of a connection that broke, has no gRPC status.
  const unreachable = error.code === ConnectCode.Unknown && error.cause instanceof TypeError;
  const details = error.metadata.get("grpc-status-details-bin");
  return serverError(unreachable ? ConnectCode.Unavailable : error.code, error.rawMessage, bytesOf(details));
}

function bytesOf(base64: string | null): Uint8Array | undefined {
  if (!base64) return undefined;
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** True where the same call may succeed a moment later, as after a lost connection. */
export function isPassing(error: ServerError): boolean {
  return ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "ABORTED", "UNKNOWN", "INTERNAL"].includes(error.code);
}
