/** Review jobs: recordings that a server reviews by itself, whether their client stays or not. */

import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type * as grpc from "@grpc/grpc-js";
import { LiveproofError, ProtocolError, ServerError } from "../errors.js";
import { plain } from "../plain.js";
import { isOver, type Review, type ReviewUpdate } from "../results.js";
import { pauseMs, type Retry, sleep } from "../retry.js";
import {
  CancelReviewRequestSchema, CancelReviewResponseSchema, CandidateChoice, DeleteReviewRequestSchema,
  DeleteReviewResponseSchema, FetchReviewRequestSchema, FetchReviewResponseSchema, ListReviewsRequestSchema,
  ListReviewsResponseSchema, type RegionSchema, ReportFormat, type ReportInfo, type ReviewSource, ReviewSourceSchema,
  type ReviewSpec, ReviewSpecSchema, SubmitReviewRequestSchema, SubmitReviewResponseSchema, WatchReviewRequestSchema,
  type WatchReviewResponse, WatchReviewResponseSchema,
} from "../v1.js";
import { asServerError, isLost } from "./driver.js";

const SERVICE = "/liveproof.v1.ReviewService/";
/** Bytes of an upload in a message, below every server's bound of 1 MiB. */
const CHUNK_BYTES = 256 * 1024;
/** How long a watch or a fetch that lost its connection tries to go on. */
const PATIENCE_MS = 60_000;
const UNARY_MS = 30_000;

/** A recording: the path of a file, which is uploaded, or one in the server's own folder. */
export type ReviewRecording = string | { readonly stored: string };

/** How a recording is handed in. */
export interface ReviewJobOptions {
  /** A recording of the same person before the same camera at a verified moment. */
  readonly reference?: ReviewRecording;
  /** What reports call the recording, in place of its file's name. */
  readonly displayName?: string;
  /** The same once more is the same job; drawn where none is given. */
  readonly requestId?: string;
  /** Who the candidate is where a picture shows several people: a choice, or a part of the picture. */
  readonly candidate?: CandidateChoice | MessageInitShape<typeof RegionSchema>;
  /** False leaves out the small pictures of faces. */
  readonly thumbnails?: boolean;
  /** Make the faces in them unrecognisable. */
  readonly blurFaces?: boolean;
  /** False leaves out how far the mouth opened and how loud it was, which pages draw. */
  readonly plots?: boolean;
  /** Participants, tracks and events (docs/events.md): JSON, or what becomes JSON. */
  readonly events?: string | object;
  /** Have the server make a signed evidence log, too. */
  readonly evidence?: boolean;
}

/** A report as it was fetched, checked against the digest that the server states. */
export interface Report {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly mediaType: string;
  /** A name to save it under, as `interview.mp4.json`. */
  readonly fileName: string;
}

/** The way to a server. */
export interface Way {
  readonly client: grpc.Client;
  readonly metadata: grpc.Metadata;
  readonly retry: Retry;
  withRetries<T>(call: () => Promise<T>): Promise<T>;
}

/**
 * A job under watch: `for await (const update of watch)`, to its end, from wherever it stands.
 *
 * A connection that is lost is replaced by another for as long as the patience lasts, and nothing is told twice but where
 * the job stands. Rejects with `NOT_FOUND` when the job is not there, or is deleted meanwhile.
 */
export class ReviewWatch implements AsyncIterable<ReviewUpdate> {
  /** Segments told so far, counted from the job's beginning. */
  position: number;
  /** Where the job stood when it was told last. */
  review: Review | undefined;
  #way: Way;
  #id: string;
  #patienceMs: number;
  #call: grpc.ClientReadableStream<WatchReviewResponse> | undefined;

  /** For the client. */
  constructor(way: Way, reviewId: string, { after = 0, patienceMs = PATIENCE_MS } = {}) {
    this.#way = way;
    this.#id = reviewId;
    this.position = after;
    this.#patienceMs = patienceMs;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReviewUpdate, void, void> {
    let failed = 0;
    let until = 0;
    try {
      for (;;) {
        let error: Error;
        try {
          for await (const update of this.#here()) {
            [failed, until] = [0, 0];
            yield update;
          }
          if (this.review && isOver(this.review)) return;
          error = new ServerError("UNAVAILABLE", "the watch ended before the job");
        } catch (lost) {
          error = asServerError(lost);
          if (!(error instanceof ServerError) || !(isLost(error) || error.shouldRetry)) throw error;
        }
        failed += 1;
        until ||= performance.now() + this.#patienceMs;
        if (performance.now() >= until) throw error;
        const hint = error instanceof ServerError ? error.retryAfterMs : undefined;
        await sleep(pauseMs(this.#way.retry, failed, hint));
      }
    } finally {
      this.stop();
    }
  }

  async *#here(): AsyncGenerator<ReviewUpdate, void, void> {
    this.stop();
    const request = { reviewId: this.#id, afterSegment: BigInt(this.position) };
    this.#call = stream(this.#way, "WatchReview", WatchReviewRequestSchema, request, WatchReviewResponseSchema);
    for await (const response of this.#call as AsyncIterable<WatchReviewResponse>) {
      this.position = Math.max(this.position, Number(response.position));
      const { message } = response;
      if (message.case === "review") {
        this.review = plain(message.value);
        yield { case: "review", ...this.review };
      } else if (message.case === "segment") {
        yield { case: "segment", ...plain(message.value) };
      }
    }
  }

  /** Waits for the end of the job, and says where it stands then. */
  async finished(): Promise<Review> {
    for await (const _ of this);
    if (!this.review) throw new ProtocolError("a watch without a word on where the job stands");
    return this.review;
  }

  /** Lets the connection of the watch go; the job goes on. */
  stop(): void {
    this.#call?.cancel();
    this.#call = undefined;
  }
}

/** A call whose answer is a stream. */
function stream<I extends DescMessage, O extends DescMessage>(
  way: Way, name: string, schema: I, request: MessageInitShape<I>, answer: O,
): grpc.ClientReadableStream<MessageShape<O>> {
  const call = way.client.makeServerStreamRequest(
    SERVICE + name,
    (bytes: Buffer) => bytes,
    (bytes) => fromBinary(answer, bytes),
    Buffer.from(toBinary(schema, create(schema, request))),
    way.metadata,
  );
  // Errors come out of the iterator; without a listener Node would end the process.
  call.on("error", () => {});
  return call;
}

/** A call with one answer, tried again where that may help. */
function ask<I extends DescMessage, O extends DescMessage>(
  way: Way, name: string, schema: I, request: MessageInitShape<I>, answer: O,
): Promise<MessageShape<O>> {
  const once = (): Promise<MessageShape<O>> =>
    new Promise((done, failed) => {
      way.client.makeUnaryRequest<Buffer, MessageShape<O>>(
        SERVICE + name,
        (bytes) => bytes,
        (bytes) => fromBinary(answer, bytes),
        Buffer.from(toBinary(schema, create(schema, request))),
        way.metadata,
        { deadline: Date.now() + UNARY_MS },
        (error, value) => (error || !value ? failed(asServerError(error)) : done(value)),
      );
    });
  return way.withRetries(once);
}

/** Hands a recording in, under a request id, so that a repetition makes no second job. */
export async function submit(way: Way, recording: ReviewRecording, options: ReviewJobOptions): Promise<Review> {
  const { candidate = CandidateChoice.AS_FOUND, events } = options;
  const [source, own] = await announced(recording);
  if (options.displayName !== undefined) source.displayName = options.displayName;
  const [reference, others] = options.reference === undefined ? [undefined, []] : await announced(options.reference);
  const spec = create(ReviewSpecSchema, {
    requestId: options.requestId ?? randomUUID(),
    recording: source,
    ...(reference ? { reference } : {}),
    ...(typeof candidate === "number"
      ? { candidate }
      : { candidate: CandidateChoice.REGION, candidateRegion: candidate }),
    withoutThumbnails: options.thumbnails === false,
    blurFaces: options.blurFaces ?? false,
    withoutPlots: options.plots === false,
    eventsJson: new TextEncoder().encode(events === undefined || typeof events === "string" ? (events ?? "") : JSON.stringify(events)),
    evidence: options.evidence ?? false,
  });
  return way.withRetries(() => upload(way, spec, [...own, ...others]));
}

function upload(way: Way, spec: ReviewSpec, files: readonly string[]): Promise<Review> {
  return new Promise((done, failed) => {
    let over = false;
    const call = way.client.makeClientStreamRequest(
      `${SERVICE}SubmitReview`,
      (bytes: Buffer) => bytes,
      (bytes) => fromBinary(SubmitReviewResponseSchema, bytes),
      way.metadata,
      (error, answer) => {
        over = true;
        if (error || !answer?.review) failed(asServerError(error));
        else done(plain(answer.review));
      },
    );
    call.on("error", () => {});
    const send = async (): Promise<void> => {
      call.write(part({ case: "spec", value: spec }));
      for (const path of files) {
        for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
          // A server that knows the job, or refuses it, does not wait for its bytes.
          if (over) return;
          if (!call.write(part({ case: "chunk", value: chunk }))) await drained(call);
        }
      }
      call.end();
    };
    send().catch((error: unknown) => {
      call.cancel();
      failed(new LiveproofError(String(error)));
    });
  });
}

function part(message: MessageShape<typeof SubmitReviewRequestSchema>["message"]): Buffer {
  return Buffer.from(toBinary(SubmitReviewRequestSchema, create(SubmitReviewRequestSchema, { message })));
}

/** Waits until a call takes more, or is over. */
function drained(call: grpc.ClientWritableStream<Buffer>): Promise<void> {
  return new Promise((done) => {
    const finish = (): void => {
      for (const event of ["drain", "close", "error", "status"]) call.off(event, finish);
      done();
    };
    for (const event of ["drain", "close", "error", "status"]) call.on(event, finish);
  });
}

/** What comes of a recording, and the file that has its bytes, if one has. */
async function announced(recording: ReviewRecording): Promise<[ReviewSource, string[]]> {
  if (typeof recording !== "string") {
    return [create(ReviewSourceSchema, { origin: { case: "storedName", value: recording.stored } }), []];
  }
  try {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(recording) as AsyncIterable<Buffer>) hash.update(chunk);
    const value = { totalBytes: BigInt((await stat(recording)).size), sha256: hash.digest("hex") };
    const origin = { case: "upload", value } as const;
    return [create(ReviewSourceSchema, { displayName: basename(recording), origin }), [recording]];
  } catch (error) {
    throw new LiveproofError(`${recording}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Fetches a report, and goes on where a lost connection broke it off. */
export async function fetchReport(way: Way, reviewId: string, format: ReportFormat): Promise<Report> {
  let info: ReportInfo | undefined;
  const chunks: Uint8Array[] = [];
  let got = 0;
  const until = performance.now() + PATIENCE_MS;
  for (let failed = 1; ; failed++) {
    const request = { reviewId, format, offset: BigInt(got) };
    const call = stream(way, "FetchReview", FetchReviewRequestSchema, request, FetchReviewResponseSchema);
    try {
      for await (const { message } of call as AsyncIterable<MessageShape<typeof FetchReviewResponseSchema>>) {
        if (message.case === "info") info = message.value;
        if (message.case === "chunk") {
          chunks.push(message.value);
          got += message.value.length;
        }
      }
      break;
    } catch (lost) {
      const error = asServerError(lost);
      const again = error instanceof ServerError && (isLost(error) || error.shouldRetry);
      if (!again || performance.now() >= until) throw error;
      await sleep(pauseMs(way.retry, failed, error.retryAfterMs));
    }
  }
  const bytes = Buffer.concat(chunks);
  if (!info || createHash("sha256").update(bytes).digest("hex") !== info.sha256) {
    throw new ProtocolError("the report that came is not the one that the server has");
  }
  return { bytes, sha256: info.sha256, mediaType: info.mediaType, fileName: info.fileName };
}

/** Ends a job that waits or runs. */
export async function cancel(way: Way, reviewId: string): Promise<Review> {
  const answer = await ask(way, "CancelReview", CancelReviewRequestSchema, { reviewId }, CancelReviewResponseSchema);
  if (!answer.review) throw new ProtocolError("an answer without its job");
  return plain(answer.review);
}

/** Deletes a job and everything of it. */
export async function remove(way: Way, reviewId: string): Promise<void> {
  await ask(way, "DeleteReview", DeleteReviewRequestSchema, { reviewId }, DeleteReviewResponseSchema);
}

/** The caller's jobs, the latest first. */
export async function* all(way: Way): AsyncGenerator<Review, void, void> {
  let pageToken = "";
  do {
    const page = await ask(way, "ListReviews", ListReviewsRequestSchema, { pageToken }, ListReviewsResponseSchema);
    for (const review of page.reviews) yield plain(review);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}
