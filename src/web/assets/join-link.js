// The candidate's line to the server: one stream of what the page has to know, and its media in calls made one
// after the other.
//
// Heeds credit: pictures wait for it and are dropped when more wait than PICTURES_WAITING, sound is kept. Less than
// the credit is used where the server is behind (BEHIND_S). A call
// whose answer was lost is repeated with the same index. A stream that broke off is joined again with growing
// pauses, and media goes on where it was.

import { RpcError } from "./rpc.js";
import { sleep } from "./dom.js";

// Half a second of pictures and a minute of sound.
const PICTURES_WAITING = 8, SOUND_WAITING = 600;
const PUSH_EVERY_MS = 100, PUSH_TIMEOUT_MS = 20000, MAX_PUSH_BYTES = 1 << 20, MAX_PUSH_CHUNKS = 48;
// How much may wait at the server: beyond it pictures are dropped here, so that a busy server stays that close to
// the present instead of falling behind by all of its credit.
const BEHIND_S = 6, LEAST_RATE_BYTES = 200000;
// A call that is refused because the interview is over comes before the goodbye, which waits for the results.
const GOODBYE_WITHIN_MS = 20000;
const FIRST_PAUSE_MS = 500, LONGEST_PAUSE_MS = 8000;
// How long the page tries to come back before it gives up.
const GIVE_UP_MS = 180000;

export class Link {
  // Counted for the page: pictures and sound sent, dropped for want of credit.
  sent = { pictures: 0, chunks: 0, bytes: 0 };
  dropped = { pictures: 0, chunks: 0 };
  connected = false;
  #service;
  #invitation;
  #on;
  #pictures = [];
  #sound = [];
  #shown = [];
  #declined = [];
  #leave = false;
  #credit = 0;
  // The credit of somebody who has nothing under way, as far as it was seen.
  #full = 0;
  #offered = { bytes: 0, since_ms: performance.now() };
  #maxMessage = MAX_PUSH_BYTES;
  #index = 0;
  #pending = null;
  #over = false;
  #wake = () => {};
  #stop = new AbortController();

  // `on` has welcome, notice, challenge, goodbye, state("connected" | "away") and trouble(RpcError).
  constructor(service, invitation, on) {
    this.#service = service;
    this.#invitation = invitation;
    this.#on = on;
  }

  // Joins and stays joined until the interview is over.
  async run(tracks, consent_id) {
    this.#pump();
    let pause = FIRST_PAUSE_MS;
    let lost_ms = performance.now();
    while (!this.#over) {
      try {
        const request = { invitation: this.#invitation, tracks, consent_id };
        for await (const message of this.#service.stream("Join", request, { signal: this.#stop.signal })) {
          if (message.welcome) pause = FIRST_PAUSE_MS;
          this.#take(message);
          lost_ms = performance.now();
        }
        // An end without a goodbye is a lost connection as well.
      } catch (error) {
        if (this.#over) break;
        const final = !(error instanceof RpcError) || !error.passing;
        if (error.code === "FAILED_PRECONDITION") {
          this.#end();
          this.#on.goodbye(error.message);
          return;
        }
        if (final || performance.now() - lost_ms > GIVE_UP_MS) {
          this.#end();
          this.#on.trouble(error);
          return;
        }
      }
      if (this.#over) break;
      this.#setConnected(false);
      await sleep(pause * (0.75 + Math.random() / 2));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  // A picture: dropped, oldest first, where too many wait.
  picture(chunk) {
    this.#offered.bytes += chunk.payload.length;
    this.#pictures.push(chunk);
    if (this.#pictures.length > PICTURES_WAITING) {
      this.#pictures.shift();
      this.dropped.pictures++;
    }
    this.#wake();
  }

  // Sound: dropped only after a minute without a connection, so that nothing grows without end.
  sound(chunk) {
    this.#offered.bytes += chunk.payload.length;
    this.#sound.push(chunk);
    if (this.#sound.length > SOUND_WAITING) {
      this.#sound.shift();
      this.dropped.chunks++;
    }
    this.#wake();
  }

  shown(entry) {
    this.#shown.push(entry);
    this.#wake();
  }

  declined(entry) {
    this.#declined.push(entry);
    this.#wake();
  }

  // The candidate leaves: what waits is dropped, the word goes out, and the page is done whatever comes of it.
  async leave() {
    this.#pictures = [];
    this.#leave = true;
    this.#wake();
    const until = performance.now() + 3000;
    while (!this.#over && performance.now() < until) await sleep(50);
    this.#end();
  }

  #take(message) {
    switch (message.message) {
      case "welcome": return this.#welcome(message.welcome);
      case "credit":
        this.#credit += message.credit.bytes;
        this.#full = Math.max(this.#full, this.#credit);
        return this.#wake();
      case "notice": return this.#on.notice(message.notice);
      case "challenge": return this.#on.challenge(message.challenge);
      case "goodbye":
        this.#end();
        return this.#on.goodbye(message.goodbye.reason);
    }
  }

  #welcome(welcome) {
    this.#credit = welcome.credit_bytes;
    this.#full = Math.max(this.#full, this.#credit);
    if (welcome.max_message_bytes > 0) {
      this.#maxMessage = Math.min(MAX_PUSH_BYTES, welcome.max_message_bytes * 0.9);
    }
    const pending = this.#pending;
    if (pending && welcome.next_index > pending.request.index) this.#pending = null;
    else if (pending) this.#credit -= pending.bytes;
    this.#index = Math.max(welcome.next_index, pending && this.#pending ? pending.request.index + 1 : 0);
    this.#on.welcome(welcome);
    this.#setConnected(true);
    this.#wake();
  }

  #setConnected(yes) {
    if (this.connected === yes) return;
    this.connected = yes;
    this.#on.state(yes ? "connected" : "away");
  }

  #end() {
    this.#over = true;
    this.connected = false;
    this.#stop.abort();
    this.#wake();
  }

  async #pump() {
    while (!this.#over) {
      if (!this.connected || !(this.#pending ??= this.#batch())) {
        // The pause is for a wake-up that came between the look and the wait.
        await Promise.race([new Promise((done) => { this.#wake = done; }), sleep(250)]);
        continue;
      }
      const began = performance.now();
      const pending = this.#pending;
      try {
        const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(PUSH_TIMEOUT_MS)]);
        const answer = await this.#service.unary("Push", pending.request, { signal });
        if (this.#pending === pending) this.#taken(pending, answer);
        if (pending.request.leave) return this.#end();
      } catch (error) {
        if (this.#over) return;
        const lost = error instanceof RpcError && (error.passing || error.code === "CANCELLED");
        if (!lost) {
          await sleep(GOODBYE_WITHIN_MS);
          if (this.#over) return;
          this.#end();
          this.#on.trouble(error);
          return;
        }
        await sleep(FIRST_PAUSE_MS);
      }
      await sleep(Math.max(0, PUSH_EVERY_MS - (performance.now() - began)));
    }
  }

  #taken(pending, answer) {
    this.#pending = null;
    this.#index = Math.max(answer.next_index, pending.request.index + 1);
    for (const chunk of pending.request.media) {
      if (chunk.track_id === "camera") this.sent.pictures++;
      else this.sent.chunks++;
    }
    this.sent.bytes += pending.bytes;
  }

  #roomForPictures() {
    const { bytes, since_ms } = this.#offered;
    const rate = Math.max(LEAST_RATE_BYTES, bytes / Math.max(1, (performance.now() - since_ms) / 1000));
    return Math.max(0, BEHIND_S * rate - (this.#full - this.#credit));
  }

  // The next call: words first, then sound, then pictures, as far as credit and the largest message go.
  #batch() {
    const room = { bytes: Math.min(this.#credit, this.#maxMessage), chunks: MAX_PUSH_CHUNKS };
    const media = fit(this.#sound, room);
    room.bytes = Math.min(room.bytes, this.#roomForPictures());
    media.push(...fit(this.#pictures, room));
    const words = this.#shown.length + this.#declined.length > 0 || this.#leave;
    if (media.length === 0 && !words) return null;
    media.sort((a, b) => a.capture_time_us - b.capture_time_us);
    const bytes = media.reduce((sum, chunk) => sum + chunk.payload.length, 0);
    this.#credit -= bytes;
    const request = {
      invitation: this.#invitation, index: this.#index, media,
      shown: this.#shown.splice(0), declined: this.#declined.splice(0), leave: this.#leave,
    };
    return { request, bytes };
  }
}

function fit(waiting, room) {
  let count = 0;
  while (count < waiting.length && room.chunks > 0 && waiting[count].payload.length <= room.bytes) {
    room.bytes -= waiting[count].payload.length;
    room.chunks--;
    count++;
  }
  return waiting.splice(0, count);
}
