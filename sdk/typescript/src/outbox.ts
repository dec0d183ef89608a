/**
 * What waits to be sent: a little media of each track, and words, which are never dropped.
 *
 * Words (control events and the like) go first, then sound, then pictures, as far as the flow credit goes. Where a sender
 * does not wait, the newest pictures take the places of those that wait, and what never leaves is counted.
 */

import { InterviewEnded } from "./errors.js";
import type { Request } from "./kept.js";
import { Wake } from "./signal.js";

/**
 * What becomes of media for which there is no room.
 *
 * `wait`: sending waits; nothing is lost. For recordings. `latest`: sending never waits; pictures of more than 0.3 s ago
 * are dropped and counted, compressed ones of more than a second up to the next keyframe, sound of more than ten seconds.
 * Pictures are held back, too, where the server is six seconds behind. For calls.
 */
export type Overflow = "wait" | "latest";

/** How a track's media is treated where it must wait. */
export type LaneKind = "sound" | "picture" | "packet";

const MOST_US = { picture: 300_000, packet: 1_000_000, sound: 10_000_000 } as const;
/**
 * How far the server may be behind before pictures are held back where the sender does not wait, seconds of media: less than
 * all of the credit, which is a minute of compressed pictures, so that results stay close to the present.
 */
const MOST_BEHIND_S = 6;
/** Media from which on its rate is known, microseconds. */
const RATE_FROM_US = 1_000_000;
/** Chunks of one track that may wait, whatever their times say. */
const MOST_WAITING = 1_024;
/** Words that may wait before their sender waits as well. */
const MOST_WORDS_WAITING = 64;

/** What a lane knows of what it holds: payload bytes, of media. */
interface Sized {
  readonly media?: { readonly bytes: number };
}

/** Media that waits. */
export interface Waiting<R extends Sized = Request> {
  readonly request: R;
  readonly captureTimeUs: number;
  readonly keyframe: boolean;
}

interface Place<R extends Sized> extends Waiting<R> {
  /** Called when it was handed over (true), was dropped, or nothing is sent any more. */
  done?: ((sent: boolean) => void) | undefined;
}

/** What waits of one track. */
export class Lane<R extends Sized = Request> {
  nextSequence = 0;
  sent = 0;
  sentBytes = 0;
  dropped = 0;
  #offeredBytes = 0;
  #firstUs: number | undefined;
  #latestUs = 0;
  #waiting: Place<R>[] = [];
  /** A compressed picture was dropped: what follows is of no use before a keyframe. */
  #needsKeyframe = false;

  constructor(readonly kind: LaneKind) {}

  get head(): Waiting<R> | undefined {
    return this.#waiting[0];
  }

  /** How much of it there is, by its own times; 0 before anybody can tell. */
  get bytesPerS(): number {
    const span = this.#latestUs - (this.#firstUs ?? this.#latestUs);
    return span >= RATE_FROM_US ? (this.#offeredBytes * 1e6) / span : 0;
  }

  /** Takes one more, for a sender that waits until it is gone. */
  put(one: Waiting<R>): Promise<boolean> {
    return new Promise((done) => this.#waiting.push({ ...one, done }));
  }

  /** Takes one more and drops what there is no room for. */
  putLatest(one: Waiting<R>): void {
    this.#firstUs ??= one.captureTimeUs;
    this.#latestUs = Math.max(this.#latestUs, one.captureTimeUs);
    this.#offeredBytes += one.request.media?.bytes ?? 0;
    if (this.kind === "packet") {
      if (this.#needsKeyframe && !one.keyframe) {
        this.dropped += 1;
        return;
      }
      this.#needsKeyframe = false;
    }
    this.#waiting.push(one);
    if (this.kind === "packet") {
      if (this.#isFull()) this.#dropPackets();
      return;
    }
    while (this.#isFull()) this.#drop(1);
  }

  /** Hands the first one over. */
  take(): R | undefined {
    const one = this.#waiting.shift();
    if (!one) return undefined;
    this.sent += 1;
    this.sentBytes += one.request.media?.bytes ?? 0;
    one.done?.(true);
    return one.request;
  }

  /** Nothing is sent any more; what waits is counted as dropped. */
  clear(): void {
    this.#drop(this.#waiting.length);
  }

  #isFull(): boolean {
    const first = this.#waiting[0];
    const last = this.#waiting.at(-1);
    if (!first || !last) return false;
    // Compressed pictures may come in another order than they are shown in.
    const span = Math.abs(last.captureTimeUs - first.captureTimeUs);
    return span > MOST_US[this.kind] || this.#waiting.length > MOST_WAITING;
  }

  /** Up to the latest keyframe; without one all, and what follows until one comes. */
  #dropPackets(): void {
    let key = this.#waiting.length - 1;
    while (key > 0 && !this.#waiting[key]?.keyframe) key -= 1;
    this.#needsKeyframe = key <= 0;
    this.#drop(key <= 0 ? this.#waiting.length : key);
  }

  #drop(count: number): void {
    for (const one of this.#waiting.splice(0, count)) {
      this.dropped += 1;
      one.done?.(false);
    }
  }
}

/** False where the server is so far behind, with so many bytes under way, that more pictures would only make it later. */
export function keepsUp(lanes: Iterable<{ readonly bytesPerS: number }>, underWayBytes: number): boolean {
  const rates = [...lanes].map((lane) => lane.bytesPerS);
  return rates.includes(0) || underWayBytes <= MOST_BEHIND_S * rates.reduce((sum, rate) => sum + rate, 0);
}

/** See the module. */
export class Outbox {
  /** Set when there may be something to send. */
  readonly wake = new Wake();
  readonly lanes: ReadonlyMap<string, Lane>;
  #overflow: Overflow;
  /** Sound before pictures. */
  #order: Lane[];
  #words: Request[] = [];
  #room = new Wake();
  #last: Request | undefined;
  #closing = false;
  #ended = false;

  /** `capacity`: credit of a sender who has nothing under way. */
  constructor(lanes: ReadonlyMap<string, Lane>, overflow: Overflow, private readonly capacity: number) {
    this.lanes = lanes;
    this.#overflow = overflow;
    const sound = (lane: Lane): number => (lane.kind === "sound" ? 0 : 1);
    this.#order = [...lanes.values()].sort((a, b) => sound(a) - sound(b));
  }

  /** Throws `InterviewEnded` where nothing is taken any more. */
  check(): void {
    if (this.#ended || this.#closing) throw new InterviewEnded();
  }

  /** Takes a chunk of a track; waits until it is handed over, unless senders do not wait here. */
  async putMedia(lane: Lane, one: Waiting): Promise<void> {
    if (this.#overflow === "latest") {
      lane.putLatest(one);
      this.wake.set();
      return;
    }
    const handedOver = lane.put(one);
    this.wake.set();
    if (!(await handedOver)) throw new InterviewEnded();
  }

  /** Takes what is never dropped; waits where very much of it waits already. */
  async putWords(request: Request): Promise<void> {
    while (this.#words.length >= MOST_WORDS_WAITING) {
      this.check();
      this.#room.clear();
      await this.#room.wait();
    }
    this.check();
    this.#words.push(request);
    this.wake.set();
  }

  /** Takes the last message; it leaves when everything else has. Without one: the end without a word. */
  close(last?: Request): void {
    if (this.#closing || this.#ended) return;
    this.#closing = true;
    this.#last = last;
    if (!last) this.#forget();
    this.wake.set();
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#ended = true;
    this.#forget();
    this.#room.set();
    this.wake.set();
  }

  /** True when nothing will come any more. */
  get finished(): boolean {
    return this.#ended || (this.#closing && !this.#last && this.#isEmpty());
  }

  /** What is to be sent next with so much credit; `words` says whether there is room for them. */
  take(credit: number, words: boolean): Request | undefined {
    if (words && this.#words.length > 0) {
      this.#room.set();
      return this.#words.shift();
    }
    const pictures = this.#overflow === "wait" || keepsUp(this.#order, this.capacity - credit);
    for (const lane of this.#order) {
      const fits = lane.head && (lane.head.request.media?.bytes ?? 0) <= credit;
      if (fits && (pictures || lane.kind === "sound")) return lane.take();
    }
    if (this.#closing && this.#isEmpty()) {
      const last = this.#last;
      this.#last = undefined;
      return last;
    }
    return undefined;
  }

  #isEmpty(): boolean {
    return this.#words.length === 0 && this.#order.every((lane) => !lane.head);
  }

  #forget(): void {
    for (const lane of this.#order) lane.clear();
  }
}
