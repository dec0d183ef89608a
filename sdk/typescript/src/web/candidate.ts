/**
 * The candidate's side: joins with an invitation, sends pictures and sound in calls made one after the other, and is told
 * what it has to know and nothing of any assessment.
 *
 * Credit is heeded: pictures wait for it, and while the server is six seconds behind, and the latest win; sound is kept for
 * ten seconds. A call whose answer was lost is repeated with the same index, and is not taken twice. A stream that broke
 * off is joined again.
 */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { InterviewEnded, MediaError, ServerError } from "../errors.js";
import { keepsUp, Lane } from "../outbox.js";
import { type Plain, plain } from "../plain.js";
import { Queue } from "../queue.js";
import type { ChallengeUpdate, Notice } from "../results.js";
import { pauseMs, sleep } from "../retry.js";
import { Wake } from "../signal.js";
import { laneKind, type Track, trackMessage } from "../tracks.js";
import {
  type ChallengeDeclinedSchema, type ChallengeShownSchema, type JoinResponse, type MediaChunk, MediaChunkSchema,
  type PictureLayoutSchema, type PushRequestSchema, type WebService, type Welcome,
} from "../v1.js";
import { asServerError, isPassing, webService, type WebOptions } from "./rpc.js";

const PUSH_EVERY_MS = 100;
const PUSH_TIMEOUT_MS = 20_000;
const MAX_PUSH_BYTES = 1 << 20;
const MAX_PUSH_CHUNKS = 48;
/** Of a message, what its media may fill; the rest is for what stands around it. */
const SHARE_OF_MESSAGE = 0.9;
const REJOIN = { tries: 1, firstMs: 500, longestMs: 8_000 };
/** How long a server may be out of reach before the candidate gives up. */
const GIVE_UP_MS = 180_000;
/** How long the word that the candidate leaves may take. */
const LEAVE_MS = 3_000;

/** What a candidate is told. */
export type CandidateUpdate =
  | ({ readonly case: "notice" } & Notice)
  | ({ readonly case: "challenge" } & ChallengeUpdate)
  | { readonly case: "link"; readonly connected: boolean }
  | { readonly case: "goodbye"; readonly reason: string };

/** How a candidate joins. */
export interface JoinOptions extends WebOptions {
  /** One of pictures and one of sound, or pictures alone. */
  readonly tracks: readonly Track[];
  /** Record of the candidate's consent; without one nobody joins. */
  readonly consentId: string;
}

/** A piece of a track; times are microseconds on the candidate's clock, which goes on above `welcome.latestUs`. */
export interface CandidateChunk {
  readonly trackId: string;
  readonly captureTimeUs: number;
  readonly payload: Uint8Array;
  readonly layout?: MessageInitShape<typeof PictureLayoutSchema>;
  readonly keyframe?: boolean;
}

interface Piece {
  readonly media: { readonly bytes: number };
  readonly chunk: MediaChunk;
}

type Push = MessageInitShape<typeof PushRequestSchema> & { readonly index: bigint };

/** A candidate who has joined; made by `Candidate.join`. */
export class Candidate implements AsyncIterable<CandidateUpdate> {
  #service: Client<typeof WebService>;
  #invitation: Uint8Array;
  #options: JoinOptions;
  #lanes: ReadonlyMap<string, Lane<Piece>>;
  #updates = new Queue<CandidateUpdate>();
  #stop = new AbortController();
  #wake = new Wake();
  #welcome: Plain<Welcome> | undefined;
  #connected = false;
  #credit = 0;
  /** Credit of a candidate who has nothing under way, as far as it was seen. */
  #capacity = 0;
  #index = 0n;
  #pending: { readonly push: Push; readonly bytes: number } | undefined;
  #shown: MessageInitShape<typeof ChallengeShownSchema>[] = [];
  #declined: MessageInitShape<typeof ChallengeDeclinedSchema>[] = [];
  #leaving = false;
  #pumping: Promise<void> | undefined;

  private constructor(origin: string, invitation: Uint8Array, options: JoinOptions) {
    this.#service = webService(origin, {}, options);
    this.#invitation = invitation;
    this.#options = options;
    this.#lanes = new Map(options.tracks.map((track) => [track.trackId, new Lane<Piece>(laneKind(track))]));
  }

  /** Joins an interview; rejects with a `ServerError` where the invitation opens none. */
  static async join(origin: string, invitation: Uint8Array, options: JoinOptions): Promise<Candidate> {
    const candidate = new Candidate(origin, invitation, options);
    await new Promise<void>((welcomed, refused) => { void candidate.#run(welcomed, refused); });
    candidate.#pumping = candidate.#pump();
    return candidate;
  }

  /** What the server said at the latest join. */
  get welcome(): Plain<Welcome> {
    if (!this.#welcome) throw new InterviewEnded();
    return this.#welcome;
  }

  /** Chunks that were handed to calls, and chunks that were dropped for want of room, by track. */
  get stats(): Readonly<Record<string, { readonly sent: number; readonly dropped: number }>> {
    const one = ([name, { sent, dropped }]: [string, Lane<Piece>]) => [name, { sent, dropped }] as const;
    return Object.fromEntries([...this.#lanes].map(one));
  }

  /** Takes a picture or a piece of sound, numbered here; never waits. */
  send(chunk: CandidateChunk): void {
    if (this.#over) throw new InterviewEnded();
    const lane = this.#lanes.get(chunk.trackId);
    if (!lane) throw new MediaError(`track ${chunk.trackId} was not announced`);
    const keyframe = chunk.keyframe ?? true;
    const message = create(MediaChunkSchema, {
      trackId: chunk.trackId,
      sequence: BigInt(lane.nextSequence++),
      captureTimeUs: BigInt(Math.round(chunk.captureTimeUs)),
      payload: new Uint8Array(chunk.payload.buffer as ArrayBuffer, chunk.payload.byteOffset, chunk.payload.byteLength),
      keyframe,
      ...(chunk.layout ? { layout: chunk.layout } : {}),
    });
    const request = { media: { bytes: chunk.payload.byteLength }, chunk: message };
    lane.putLatest({ request, captureTimeUs: chunk.captureTimeUs, keyframe });
    this.#wake.set();
  }

  /** Says when a prompt was on the screen in full, on the candidate's clock. */
  challengeShown(challengeId: string, shownUs: number, { attempt = 0, uncertaintyMs = 0 } = {}): void {
    this.#shown.push({ challengeId, attempt, uncertaintyMs, shownUs: BigInt(Math.round(shownUs)) });
    this.#wake.set();
  }

  /** Says that a challenge is not carried out; never evidence. */
  declineChallenge(challengeId: string, why: Omit<MessageInitShape<typeof ChallengeDeclinedSchema>, "challengeId" | "$typeName"> = {}): void {
    this.#declined.push({ ...why, challengeId });
    this.#wake.set();
  }

  /** What the candidate has to know, to the end. Throws a `ServerError` where the server stays out of reach. */
  async *[Symbol.asyncIterator](): AsyncGenerator<CandidateUpdate, void, undefined> {
    for (let update = await this.#updates.next(); update; update = await this.#updates.next()) yield update;
  }

  /** The candidate leaves: what waits is dropped, and the word goes out. */
  async leave(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.clear();
    this.#leaving = true;
    this.#wake.set();
    await Promise.race([this.#pumping, sleep(LEAVE_MS)]);
    this.#end();
  }

  get #over(): boolean {
    return this.#stop.signal.aborted;
  }

  #end(error?: Error): void {
    if (this.#over) return;
    this.#stop.abort();
    this.#updates.end(error);
    this.#wake.set();
  }

  /** Joins and stays joined until the interview is over. */
  async #run(welcomed: () => void, refused: (error: Error) => void): Promise<void> {
    const request = {
      invitation: this.#invitation,
      tracks: this.#options.tracks.map(trackMessage),
      consentId: this.#options.consentId,
    };
    let heardMs = performance.now();
    for (let failed = 1; !this.#over; failed++) {
      let found: Error | undefined;
      try {
        for await (const { message } of this.#service.join(request, { signal: this.#stop.signal })) {
          heardMs = performance.now();
          failed = 0;
          await this.#hear(message);
          if (message.case === "welcome") welcomed();
        }
        // An end without a goodbye is a lost connection as well.
      } catch (error) {
        found = asServerError(error);
      }
      if (this.#over) return;
      const lost = !found || (found instanceof ServerError && isPassing(found));
      if (!this.#welcome || !lost || performance.now() - heardMs > GIVE_UP_MS) {
        const why = found ?? new ServerError("UNAVAILABLE", "the connection broke off");
        refused(why);
        return this.#end(why);
      }
      await this.#setConnected(false);
      await sleep(pauseMs(REJOIN, Math.max(1, failed)), this.#stop.signal);
    }
  }

  async #hear(message: JoinResponse["message"]): Promise<void> {
    switch (message.case) {
      case "welcome":
        this.#greet(plain(message.value));
        return this.#setConnected(true);
      case "credit":
        this.#credit += Number(message.value.bytes);
        this.#capacity = Math.max(this.#capacity, this.#credit);
        return this.#wake.set();
      case "notice":
        return this.#updates.push({ ...plain(message.value), case: "notice" });
      case "challenge":
        return this.#updates.push({ ...plain(message.value), case: "challenge" });
      case "goodbye":
        await this.#updates.push({ case: "goodbye", reason: message.value.reason });
        return this.#end();
    }
  }

  #greet(welcome: Plain<Welcome>): void {
    const first = !this.#welcome;
    this.#welcome = welcome;
    this.#credit = welcome.creditBytes;
    this.#capacity = Math.max(this.#capacity, this.#credit);
    const next = BigInt(welcome.nextIndex);
    // A call whose answer was lost may have been taken.
    if (this.#pending && next > this.#pending.push.index) this.#pending = undefined;
    if (this.#pending) this.#credit -= this.#pending.bytes;
    this.#index = this.#pending ? this.#pending.push.index + 1n : next;
    if (first) {
      for (const { trackId, nextSequence } of welcome.positions) {
        const lane = this.#lanes.get(trackId);
        if (lane) lane.nextSequence = nextSequence;
      }
    }
    this.#wake.set();
  }

  async #setConnected(connected: boolean): Promise<void> {
    if (this.#connected === connected) return;
    this.#connected = connected;
    await this.#updates.push({ case: "link", connected });
  }

  /** Makes the calls, one after the other. */
  async #pump(): Promise<void> {
    while (!this.#over) {
      this.#wake.clear();
      if (this.#connected) this.#pending ??= this.#batch();
      const pending = this.#connected ? this.#pending : undefined;
      if (!pending) {
        await this.#wake.wait();
        continue;
      }
      const began = performance.now();
      try {
        const answer = await this.#service.push(pending.push, { signal: this.#stop.signal, timeoutMs: PUSH_TIMEOUT_MS });
        if (this.#pending === pending) {
          this.#pending = undefined;
          if (answer.nextIndex > this.#index) this.#index = answer.nextIndex;
        }
        if (pending.push.leave) return;
      } catch (error) {
        if (this.#over) return;
        const found = asServerError(error);
        // Of an interview that is over the other stream tells, after the results; a call that was lost is repeated.
        if (found instanceof ServerError && !isPassing(found) && found.code !== "CANCELLED" && found.code !== "FAILED_PRECONDITION") {
          return this.#end(found);
        }
        await sleep(REJOIN.firstMs, this.#stop.signal);
      }
      await sleep(Math.max(0, PUSH_EVERY_MS - (performance.now() - began)), this.#stop.signal);
    }
  }

  /** The next call, as far as credit and the largest message go: words first, then sound, then pictures. */
  #batch(): { push: Push; bytes: number } | undefined {
    const largest = Math.min(MAX_PUSH_BYTES, this.welcome.maxMessageBytes * SHARE_OF_MESSAGE);
    const media: MediaChunk[] = [];
    let bytes = 0;
    const sound = (lane: Lane<Piece>): number => (lane.kind === "sound" ? 0 : 1);
    const pictures = keepsUp(this.#lanes.values(), this.#capacity - this.#credit);
    for (const lane of [...this.#lanes.values()].sort((a, b) => sound(a) - sound(b))) {
      while (lane.head && media.length < MAX_PUSH_CHUNKS && (pictures || lane.kind === "sound")) {
        const size = lane.head.request.media.bytes;
        // One that no call can hold goes alone, to be refused by name.
        if (bytes + size > this.#credit || (bytes + size > largest && media.length > 0)) break;
        const piece = lane.take();
        if (!piece) break;
        media.push(piece.chunk);
        bytes += size;
      }
    }
    if (media.length === 0 && this.#shown.length + this.#declined.length === 0 && !this.#leaving) return undefined;
    media.sort((a, b) => Number(a.captureTimeUs - b.captureTimeUs));
    this.#credit -= bytes;
    const push = {
      invitation: this.#invitation,
      index: this.#index,
      media,
      shown: this.#shown.splice(0),
      declined: this.#declined.splice(0),
      leave: this.#leaving,
    };
    this.#index += 1n;
    return { push, bytes };
  }
}
