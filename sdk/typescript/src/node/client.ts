/** The connection to a server. */

import { randomUUID } from "node:crypto";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { LiveproofError, ServerError } from "../errors.js";
import { Lane, Outbox, type Overflow } from "../outbox.js";
import { plain } from "../plain.js";
import type { Info, Review } from "../results.js";
import { DEFAULT_RETRY, pauseMs, type Retry, sleep } from "../retry.js";
import { laneKind, participantsOf, type Track, trackMessage } from "../tracks.js";
import {
  type ChallengePolicySchema, type GetInfoResponse, GetInfoRequestSchema, GetInfoResponseSchema, InterviewResponseSchema,
  type Open, OpenSchema, type ParticipantSchema, ReportFormat,
} from "../v1.js";
import { bearer, connectionTo, type Tls } from "./access.js";
import { asServerError, type Call, type Connection, Driver, openConnection } from "./driver.js";
import { Interview } from "./interview.js";
import * as reviews from "./reviews.js";

/** What a client may be told about its server. */
export interface ClientOptions {
  /** API key. Over `http` it travels in the clear. */
  readonly key?: string;
  readonly tls?: Tls;
  /** For calls that were refused for now or did not reach the server; an interview that runs resumes by itself. */
  readonly retry?: Retry;
}

/** How an interview is opened. */
export interface InterviewOptions {
  readonly tracks: readonly Track[];
  /** Everybody in the call; without it the tracks must be those of one person, the candidate. */
  readonly participants?: readonly MessageInitShape<typeof ParticipantSchema>[];
  /** 1 to 128 characters of [A-Za-z0-9._:-]; drawn where none is given. */
  readonly sessionId?: string;
  readonly consentId?: string;
  readonly sourcePlatform?: string;
  readonly challenges?: MessageInitShape<typeof ChallengePolicySchema>;
  /** What becomes of media for which there is no room; `wait` where nothing is said. */
  readonly overflow?: Overflow;
}

/** A connection to a server, shared by its interviews. */
export class Client {
  #way: grpc.Client;
  #metadata = new grpc.Metadata();
  #retry: Retry;
  #running = new Set<Interview>();
  #closed = false;

  /** `address` is `127.0.0.1:50551`, `http://…` or `https://…`. */
  constructor(address: string, { key, tls, retry = DEFAULT_RETRY }: ClientOptions = {}) {
    this.#way = connectionTo(address, tls);
    this.#retry = retry;
    if (key !== undefined) this.#metadata.set("authorization", bearer(key));
  }

  /** Stops the interviews that still run, and lets the connection go. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((interview) => interview.stop()));
    this.#way.close();
  }

  /** What the server is: versions, models, limits, accepted media. */
  info(): Promise<Info> {
    const ask = (): Promise<Info> =>
      new Promise((done, failed) => {
        this.#way.makeUnaryRequest<Buffer, GetInfoResponse>(
          "/liveproof.v1.InfoService/GetInfo",
          (bytes) => bytes,
          (bytes) => fromBinary(GetInfoResponseSchema, bytes),
          Buffer.from(toBinary(GetInfoRequestSchema, create(GetInfoRequestSchema))),
          this.#metadata,
          { deadline: Date.now() + 10_000 },
          (error, answer) => (error || !answer ? failed(asServerError(error)) : done(plain(answer))),
        );
      });
    return this.#withRetries(ask);
  }

  /**
   * Opens an interview and waits for the server's greeting.
   *
   * Rejects with a `ServerError`: `INVALID_ARGUMENT` with the fields at fault, `RESOURCE_EXHAUSTED` with the server's
   * retry hint when the retries are used up, and others.
   */
  async interview(options: InterviewOptions): Promise<Interview> {
    const { tracks, participants, overflow = "wait" } = options;
    const open = create(OpenSchema, {
      sessionId: options.sessionId ?? randomUUID(),
      participants: participantsOf(tracks, participants),
      tracks: tracks.map(trackMessage),
      consentId: options.consentId ?? "",
      sourcePlatform: options.sourcePlatform ?? "",
      ...(options.challenges ? { challengePolicy: options.challenges } : {}),
    });
    const dial = (message: Open): Promise<Connection> => openConnection(this.#stream(), message);
    const connection = await this.#withRetries(() => dial(open));
    const lanes = new Map(tracks.map((track) => [track.trackId, new Lane(laneKind(track))]));
    const outbox = new Outbox(lanes, overflow, connection.hello.limits?.initialCreditBytes ?? 0);
    const driver = new Driver(dial, connection, outbox);
    const interview = new Interview(driver, outbox, connection.hello, tracks);
    this.#running.add(interview);
    void driver.over.then(() => this.#running.delete(interview));
    return interview;
  }

  /**
   * Hands a recording in: the path of a file, which is uploaded, or `{ stored }` for one in the server's own folder.
   * Resolves once the server has it whole; its review goes on without this client. Calls that did not reach the server
   * are tried again, and make one job however often.
   *
   * Rejects with a `ServerError`: `INVALID_ARGUMENT` with the fields at fault, `RESOURCE_EXHAUSTED` where the tenant or the
   * disk has all it may, `UNIMPLEMENTED` where the server takes no recordings, and others.
   */
  submitReview(recording: reviews.ReviewRecording, options: reviews.ReviewJobOptions = {}): Promise<Review> {
    return reviews.submit(this.#reviews(), recording, options);
  }

  /** Watches a job to its end; segments up to `after` are left out, as those that an earlier watch told. */
  watchReview(reviewId: string, options: { after?: number; patienceMs?: number } = {}): reviews.ReviewWatch {
    return new reviews.ReviewWatch(this.#reviews(), reviewId, options);
  }

  /** Ends a job that waits or runs; one that is over stays as it is. */
  cancelReview(reviewId: string): Promise<Review> {
    return reviews.cancel(this.#reviews(), reviewId);
  }

  /** Fetches a report, and checks it. Rejects with `FAILED_PRECONDITION` where the job is not over or has no such report. */
  fetchReview(reviewId: string, format: ReportFormat = ReportFormat.JSON): Promise<reviews.Report> {
    return reviews.fetchReport(this.#reviews(), reviewId, format);
  }

  /** The caller's jobs, the latest first. */
  reviews(): AsyncGenerator<Review, void, void> {
    return reviews.all(this.#reviews());
  }

  /** Deletes a job and everything of it: recording, reports, log. */
  deleteReview(reviewId: string): Promise<void> {
    return reviews.remove(this.#reviews(), reviewId);
  }

  #reviews(): reviews.Way {
    const withRetries = <T>(call: () => Promise<T>): Promise<T> => this.#withRetries(call);
    return { client: this.#way, metadata: this.#metadata, retry: this.#retry, withRetries };
  }

  #stream(): Call {
    // Requests are encoded before, once; what is kept to be sent again is bytes.
    return this.#way.makeBidiStreamRequest(
      "/liveproof.v1.InterviewService/Interview",
      (bytes: Buffer) => bytes,
      (bytes) => fromBinary(InterviewResponseSchema, bytes),
      this.#metadata,
    );
  }

  async #withRetries<T>(call: () => Promise<T>): Promise<T> {
    for (let failed = 1; ; failed++) {
      if (this.#closed) throw new LiveproofError("the client was closed");
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof LiveproofError) || !error.shouldRetry || failed >= this.#retry.tries) throw error;
        await sleep(pauseMs(this.#retry, failed, error instanceof ServerError ? error.retryAfterMs : undefined));
      }
    }
  }
}
