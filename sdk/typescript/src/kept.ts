/**
 * What was sent and is not known to have arrived, so that it can be sent again.
 *
 * A chunk has arrived when credit for all bytes up to its end came back: the server reads in order, and grants only what
 * it has read. An event has arrived when it is acknowledged, and anything else when something after it has. So what is
 * kept is bounded by the flow credit, and by `MOST_WORDS` of what takes no credit.
 */

/** Events, wishes and the like that may be under way; more wait in the outbox. */
export const MOST_WORDS = 256;

/** One encoded message to the server. */
export interface Request {
  readonly data: Uint8Array;
  /** Of media: payload bytes, for which credit is taken, track and number. */
  readonly media?: { readonly bytes: number; readonly trackId: string; readonly sequence: number };
  /** Of a control event. */
  readonly eventId?: number;
}

interface Entry {
  readonly request: Request;
  /** Media bytes sent up to its end, those that the server held at the last restatement included. */
  end: number;
  acknowledged: boolean;
}

/** Where the server stands, as far as this needs it. */
export interface Position {
  readonly tracks: readonly { readonly trackId: string; readonly sequence: number }[];
  readonly latestEventId?: number | undefined;
  readonly creditBytes: number;
  readonly closed: boolean;
}

/** See the module. Requests leave through `next` in the order in which they came. */
export class Kept {
  #entries: Entry[] = [];
  /** How many of them were handed to the connection. */
  #sent = 0;
  #end = 0;
  #granted = 0;
  #words = 0;

  get size(): number {
    return this.#entries.length;
  }

  get hasRoomForWords(): boolean {
    return this.#words < MOST_WORDS;
  }

  /** Takes a request that is to be sent. */
  push(request: Request): void {
    this.#end += request.media?.bytes ?? 0;
    this.#words += request.media ? 0 : 1;
    this.#entries.push({ request, end: this.#end, acknowledged: false });
  }

  /** The next request to send. */
  next(): Request | undefined {
    const entry = this.#entries[this.#sent];
    if (entry) this.#sent += 1;
    return entry?.request;
  }

  /** Credit came back. */
  granted(bytes: number): void {
    this.#granted += bytes;
    this.#letGo();
  }

  /** An event was acknowledged. */
  acknowledged(eventId: number): void {
    const own = this.#entries.find((entry) => entry.request.eventId === eventId);
    if (own) own.acknowledged = true;
    this.#letGo();
  }

  /**
   * Starts anew on another connection, where `capacity` bytes may be under way in all. Returns the payload bytes that
   * are to be sent again.
   */
  resume(at: Position, capacity: number): number {
    const positions = new Map(at.tracks.map((track) => [track.trackId, track.sequence]));
    const taken = ({ request }: Entry): boolean =>
      request.media
        ? request.media.sequence <= (positions.get(request.media.trackId) ?? -1)
        : request.eventId !== undefined && request.eventId <= (at.latestEventId ?? -1);
    // Read in order: everything up to the last that was taken. What was never sent was not.
    let last = 0;
    for (let index = 0; index < this.#sent; index++) {
      const entry = this.#entries[index];
      if (entry && taken(entry)) last = index + 1;
    }
    this.#drop(at.closed ? this.#entries.length : last);
    this.#sent = 0;
    this.#granted = 0;
    const held = Math.max(0, capacity - at.creditBytes);
    this.#end = held;
    for (const entry of this.#entries) {
      this.#end += entry.request.media?.bytes ?? 0;
      entry.end = this.#end;
    }
    return this.#end - held;
  }

  #letGo(): void {
    // What stands before something that arrived has arrived as well.
    let arrived = 0;
    for (let index = 0; index < this.#sent; index++) {
      const entry = this.#entries[index];
      if (!entry) break;
      const { media, eventId } = entry.request;
      if (media ? entry.end > this.#granted : eventId !== undefined && !entry.acknowledged) break;
      if (media || eventId !== undefined) arrived = index + 1;
    }
    this.#drop(arrived);
  }

  #drop(count: number): void {
    for (const entry of this.#entries.splice(0, count)) this.#words -= entry.request.media ? 0 : 1;
    this.#sent = Math.max(0, this.#sent - count);
  }
}
