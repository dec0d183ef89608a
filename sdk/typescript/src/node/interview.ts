/** One running interview. */

import { randomUUID } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { MediaError, TooLarge } from "../errors.js";
import type { Lane, Outbox } from "../outbox.js";
import type { Hello, Summary, Update } from "../results.js";
import type { Track } from "../tracks.js";
import {
  ChallengeDeclinedSchema, ChallengeKind, ChallengeShownSchema, CloseSchema, ControlEventSchema, InterviewRequestSchema,
  IssueChallengeSchema, MediaChunkSchema, type PictureLayoutSchema,
} from "../v1.js";
import { type Driver, encoded } from "./driver.js";

/** A control event: `{ case: "questionEnd", value: { questionId } }` and the other members of `ControlEvent.event`. */
export type EventInit = Exclude<NonNullable<MessageInitShape<typeof ControlEventSchema>["event"]>, { case: undefined }>;

/** A piece of a track: one picture, or 10 ms to 3 s of sound. */
export interface Chunk {
  readonly trackId: string;
  /** Capture time of the picture or the first sample on the track's clock, microseconds; never counted from frames. */
  readonly captureTimeUs: number;
  readonly payload: Uint8Array;
  /** Shape of a raw picture. */
  readonly layout?: MessageInitShape<typeof PictureLayoutSchema>;
  /** True when it can be decoded on its own; so where nothing is said. */
  readonly keyframe?: boolean;
  /** Rises with every change of layout, device or resolution on the track. */
  readonly epoch?: number;
}

/** What was made of one track's chunks; those dropped never left, and the server counts them as lost. */
export interface TrackStats {
  readonly sent: number;
  readonly sentBytes: number;
  readonly dropped: number;
}

/** What was made of what was sent, so far. */
export interface Stats {
  readonly tracks: Readonly<Record<string, TrackStats>>;
  /** How often the interview went on on another connection. */
  readonly resumed: number;
  /** Payload bytes that can be sent without waiting. */
  readonly creditBytes: number;
}

/**
 * An interview that the server has greeted; made by `Client.interview`.
 *
 * Read while you send: sending waits for flow credit (or drops, see `Overflow`), and credit comes in between the updates,
 * so that whoever does not read is soon not heard either. Updates are read by one reader.
 */
export class Interview implements AsyncIterable<Update> {
  #driver: Driver;
  #outbox: Outbox;
  #tracks: ReadonlyMap<string, Track>;
  #nextEvent = 1;

  constructor(
    driver: Driver,
    outbox: Outbox,
    /** What the server takes, and which signals can run. */
    readonly hello: Hello,
    tracks: readonly Track[],
  ) {
    this.#driver = driver;
    this.#outbox = outbox;
    this.#tracks = new Map(tracks.map((track) => [track.trackId, track]));
  }

  /** Chunks sent and dropped so far, by track. */
  get stats(): Stats {
    const one = ([name, lane]: [string, Lane]) =>
      [name, { sent: lane.sent, sentBytes: lane.sentBytes, dropped: lane.dropped }] as const;
    return {
      tracks: Object.fromEntries([...this.#outbox.lanes].map(one)),
      resumed: this.#driver.resumed,
      creditBytes: this.#driver.credit,
    };
  }

  /**
   * Sends a chunk, numbered here. Throws `MediaError` where it does not fit, `InterviewEnded` when the interview is over.
   */
  async send(chunk: Chunk): Promise<void> {
    const lane = this.#lane(chunk.trackId);
    const { initialCreditBytes = 0, maxMessageBytes = 0 } = this.hello.limits ?? {};
    const bytes = chunk.payload.byteLength;
    if (bytes > initialCreditBytes) throw new TooLarge(chunk.trackId, bytes, initialCreditBytes);
    if (!Number.isSafeInteger(chunk.captureTimeUs)) {
      throw new MediaError(`track ${chunk.trackId}: captureTimeUs is ${chunk.captureTimeUs}; expected whole microseconds`);
    }
    this.#outbox.check();
    const sequence = lane.nextSequence++;
    const value = create(MediaChunkSchema, {
      trackId: chunk.trackId,
      sequence: BigInt(sequence),
      captureTimeUs: BigInt(chunk.captureTimeUs),
      payload: new Uint8Array(chunk.payload.buffer as ArrayBuffer, chunk.payload.byteOffset, bytes),
      keyframe: chunk.keyframe ?? true,
      epoch: chunk.epoch ?? 0,
      ...(chunk.layout ? { layout: chunk.layout } : {}),
    });
    const data = toBinary(InterviewRequestSchema, create(InterviewRequestSchema, { message: { case: "media", value } }));
    if (data.byteLength > maxMessageBytes) throw new TooLarge(chunk.trackId, data.byteLength, maxMessageBytes);
    const request = { data, media: { bytes, trackId: chunk.trackId, sequence } };
    await this.#outbox.putMedia(lane, { request, captureTimeUs: chunk.captureTimeUs, keyframe: chunk.keyframe ?? true });
  }

  /** Sends chunks one after the other, and closes the interview where `close` gives the reason. */
  async sendAll(chunks: Iterable<Chunk> | AsyncIterable<Chunk>, close?: string): Promise<void> {
    for await (const chunk of chunks) await this.send(chunk);
    if (close !== undefined) this.close(close);
  }

  /** Sends a control event of that session time; resolves to its id, which the ack repeats. Never dropped. */
  async sendEvent(timeUs: number, event: EventInit): Promise<number> {
    const eventId = this.#nextEvent++;
    const value = create(ControlEventSchema, { eventId: BigInt(eventId), timeUs: BigInt(Math.round(timeUs)), event });
    await this.#outbox.putWords({ data: encoded({ case: "event", value }), eventId });
    return eventId;
  }

  /**
   * Asks for a challenge; the server draws the kind where none is named. Resolves to the request's id, which every update
   * on it repeats. One is drawn where none is given, since after a lost connection the wish may be said again.
   */
  async issueChallenge(
    wish: { kind?: ChallengeKind; participantId?: string; locale?: string; requestId?: string } = {},
  ): Promise<string> {
    const requestId = wish.requestId ?? randomUUID();
    const value = create(IssueChallengeSchema, { ...wish, requestId });
    await this.#outbox.putWords({ data: encoded({ case: "issueChallenge", value }) });
    return requestId;
  }

  /** Says when a prompt was on the candidate's screen in full, in session time; the latest attempt where none is named. */
  async challengeShown(
    challengeId: string,
    shownUs: number,
    { attempt = 0, uncertaintyMs = 0 }: { attempt?: number; uncertaintyMs?: number } = {},
  ): Promise<void> {
    const value = create(ChallengeShownSchema, {
      challengeId, attempt, uncertaintyMs, shownUs: BigInt(Math.round(shownUs)),
    });
    await this.#outbox.putWords({ data: encoded({ case: "challengeShown", value }) });
  }

  /** Says that a challenge is not carried out; never evidence. */
  async declineChallenge(
    challengeId: string,
    why: Omit<MessageInitShape<typeof ChallengeDeclinedSchema>, "challengeId" | "$typeName"> = {},
  ): Promise<void> {
    const value = create(ChallengeDeclinedSchema, { ...why, challengeId });
    await this.#outbox.putWords({ data: encoded({ case: "challengeDeclined", value }) });
  }

  /** The next update; undefined when the interview ended in order. Throws a `ServerError`, once, when it did not. */
  next(): Promise<Update | undefined> {
    return this.#driver.updates.next();
  }

  /** Updates to the end of the interview; throws as `next`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Update, void, undefined> {
    for (let update = await this.next(); update !== undefined; update = await this.next()) yield update;
  }

  /** Says that no more comes after what was sent before; does not wait. The summary follows in the updates. */
  close(reason = ""): void {
    const value = create(CloseSchema, { reason });
    this.#outbox.close({ data: encoded({ case: "close", value }) });
  }

  /** Closes, reads and drops the updates that are left, and resolves to the summary; undefined where none came. */
  async finish(reason = ""): Promise<Summary | undefined> {
    this.close(reason);
    let summary: Summary | undefined;
    for await (const update of this) if (update.case === "summary") summary = update;
    return summary;
  }

  /** Ends the interview at once, as partial where it was not closed. */
  stop(): Promise<void> {
    return this.#driver.stop();
  }

  #lane(trackId: string): Lane {
    const lane = this.#outbox.lanes.get(trackId);
    if (!lane || !this.#tracks.has(trackId)) {
      const known = [...this.#tracks.keys()].join(", ");
      throw new MediaError(`track ${trackId} was not announced; expected one of ${known}`);
    }
    return lane;
  }
}
