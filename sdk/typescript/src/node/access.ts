/** What a client shows at the door, and whom it believes. */

import * as grpc from "@grpc/grpc-js";
import { LiveproofError } from "../errors.js";

/** TLS to the server; all in PEM. */
export interface Tls {
  /** Authorities that are believed; the system's where nothing is said. */
  readonly certificateAuthority?: Buffer;
  /** Chain and key to show to servers that ask for a certificate (mTLS). */
  readonly certificate?: Buffer;
  readonly privateKey?: Buffer;
}

/** Longer than any message of the server's. */
const MAX_RECEIVED_BYTES = 64 * 1024 * 1024;

/**
 * Sign of life every 30 s, above the server's ping-flood limit, and 10 s for its answer. A connection that was lost is
 * tried again soon, since the pauses between the tries are drawn elsewhere; and calls are not repeated by grpc-js, which
 * would keep what it sent a second time.
 */
const OPTIONS: grpc.ClientOptions = {
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  "grpc.max_receive_message_length": MAX_RECEIVED_BYTES,
  "grpc.max_send_message_length": -1,
  "grpc.enable_retries": 0,
  "grpc.use_local_subchannel_pool": 1,
};

/** A connection to an address as `127.0.0.1:50551`, `http://…` or `https://…`; nothing is connected before a call. */
export function connectionTo(address: string, tls: Tls | undefined): grpc.Client {
  const [target, secure] = targetOf(address, tls);
  const { certificateAuthority, certificate, privateKey } = secure ?? {};
  const credentials = secure
    ? grpc.credentials.createSsl(certificateAuthority ?? null, privateKey ?? null, certificate ?? null)
    : grpc.credentials.createInsecure();
  return new grpc.Client(target, credentials, OPTIONS);
}

/** gRPC's target of an address, and the TLS to use. */
export function targetOf(address: string, tls: Tls | undefined): [string, Tls | undefined] {
  const [, scheme, rest] = /^([a-z]+):\/\/(.*?)\/*$/.exec(address) ?? [];
  if (scheme === undefined || rest === undefined) return [address, tls];
  if (scheme === "https") return [/:\d+$/.test(rest) ? rest : `${rest}:443`, tls ?? {}];
  if (scheme !== "http") {
    throw new LiveproofError(`address: found ${address}, expected HOST:PORT, http://HOST:PORT or https://HOST[:PORT]`);
  }
  if (tls) throw new LiveproofError("address: http:// has no TLS; expected https://, or no `tls`");
  return [rest, undefined];
}

/** The value of the header that shows an API key. */
export function bearer(key: string): string {
  const trimmed = key.trim();
  if (!/^[\x21-\x7e]+$/.test(trimmed)) throw new LiveproofError("key: expected printable ASCII characters");
  return `Bearer ${trimmed}`;
}
