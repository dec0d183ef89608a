/** What can go wrong on the client's side. Every error is a `LiveproofError`. */

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A field that cannot be used: `field` as `tracks[0].video.format`, and what was found and expected. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** What every error of this package is. */
export class LiveproofError extends Error {
  override name = "LiveproofError";

  /** True when the same call may succeed later without any change. */
  get shouldRetry(): boolean {
    return false;
  }
}

/** A picture or sound that cannot be sent; says what was found and what was expected. */
export class MediaError extends LiveproofError {
  override name = "MediaError";
}

/** A payload beyond what the server ever grants credit for, or a message beyond what it reads. */
export class TooLarge extends MediaError {
  override name = "TooLarge";

  constructor(
    readonly trackId: string,
    readonly found: number,
    readonly limit: number,
  ) {
    super(`track ${trackId}: a chunk of ${found} bytes; this server takes at most ${limit}`);
  }
}

/** The interview is over, so that nothing can be sent any more; its updates say why. */
export class InterviewEnded extends LiveproofError {
  override name = "InterviewEnded";

  constructor() {
    super("the interview has ended; its updates say why");
  }
}

/** The other side does not speak the protocol, as where its first message was not `hello`. */
export class ProtocolError extends LiveproofError {
  override name = "ProtocolError";
}

const CODES = [
  "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
  "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
] as const;

/** Name of a gRPC status. */
export type Code = (typeof CODES)[number];

/** The server refused or ended a call. */
export class ServerError extends LiveproofError {
  override name = "ServerError";

  constructor(
    /** Name of the gRPC status, as `INVALID_ARGUMENT`. */
    readonly code: Code,
    /** The server's words. */
    readonly detail: string,
    /** The fields at fault, where the server named some. */
    readonly violations: readonly FieldViolation[] = [],
    /** How long the server asks to wait before another try, milliseconds. */
    readonly retryAfterMs: number | undefined = undefined,
  ) {
    super(`${code}: ${detail}`);
  }

  /** True of a server that is full, out of reach or about to stop. */
  override get shouldRetry(): boolean {
    return this.code === "UNAVAILABLE" || this.code === "RESOURCE_EXHAUSTED";
  }
}

/** The connection broke and could not be replaced within the server's grace period. */
export class ConnectionLost extends ServerError {
  override name = "ConnectionLost";
}

/** The typed error of a failed call; `details` is its `grpc-status-details-bin`. */
export function serverError(code: number, message: string, details?: Uint8Array): ServerError {
  const name = CODES[code] ?? "UNKNOWN";
  const found = details ? readDetails(details) : { violations: [] };
  return new ServerError(name, message, found.violations, found.retryAfterMs);
}

interface Details {
  violations: FieldViolation[];
  retryAfterMs?: number;
}

// google.rpc.Status holds its details (field 3) as google.protobuf.Any: BadRequest and RetryInfo are read, by hand,
// since no package of theirs is needed for four numbers. What cannot be read is left out; code and words stand.
function readDetails(bytes: Uint8Array): Details {
  const found: Details = { violations: [] };
  try {
    for (const any of fields(bytes).bytes(3)) {
      const parts = fields(any);
      const type = parts.text(1);
      const value = parts.bytes(2)[0] ?? new Uint8Array();
      if (type.endsWith("/google.rpc.BadRequest")) {
        for (const violation of fields(value).bytes(1)) {
          const one = fields(violation);
          found.violations.push({ field: one.text(1), description: one.text(2) });
        }
      } else if (type.endsWith("/google.rpc.RetryInfo")) {
        const delay = fields(fields(value).bytes(1)[0] ?? new Uint8Array());
        found.retryAfterMs = Math.max(0, delay.number(1) * 1000 + delay.number(2) / 1e6);
      }
    }
  } catch {
    return found;
  }
  return found;
}

function fields(message: Uint8Array) {
  const reader = new BinaryReader(message);
  const blocks = new Map<number, Uint8Array[]>();
  const numbers = new Map<number, number>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) {
      const block = reader.bytes();
      blocks.set(number, [...(blocks.get(number) ?? []), block]);
    } else if (type === WireType.Varint) {
      numbers.set(number, Number(reader.int64()));
    } else {
      reader.skip(type, number);
    }
  }
  return {
    bytes: (number: number) => blocks.get(number) ?? [],
    text: (number: number) => new TextDecoder().decode(blocks.get(number)?.[0] ?? new Uint8Array()),
    number: (number: number) => numbers.get(number) ?? 0,
  };
}
