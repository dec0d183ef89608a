// What a watcher knows of an interview, gathered from its messages. Pure: no page, no clock.

import { bare } from "./words.js";

// Bounds of what is kept: an hour of segments is about 1200 of them.
const MAX_SEGMENTS = 6000, MAX_NOTICES = 40, MAX_REFUSALS = 10;

export class Interview {
  state = "WEB_STATE_UNSPECIFIED";
  hello = null;
  // Capabilities of the signals, the latest word on each participant.
  signals = [];
  // Newest revision of each segment, by participant and index, in the order of their first arrival.
  segments = new Map();
  notices = [];
  // By challenge id: { id, issued, open, reprompt, concluded }.
  challenges = new Map();
  // Requests that were refused, newest last: { request_id, detail }.
  refusals = [];
  summary = null;
  // Latest session time heard of, microseconds.
  now_us = 0;
  #sequence = -1;

  // Takes a WatchResponse. A stream that was opened again begins from the beginning; what is known is skipped.
  take(watched) {
    if (watched.message === "state") {
      this.state = watched.state;
      return;
    }
    const response = watched.response;
    if (!response || response.sequence <= this.#sequence) return;
    this.#sequence = response.sequence;
    switch (response.message) {
      case "hello":
        this.hello = response.hello;
        this.signals = response.hello.signals;
        break;
      case "segment": this.#segment(response.segment); break;
      case "notice": this.#notice(response.notice); break;
      case "capabilities": this.#capabilities(response.capabilities); break;
      case "challenge": this.#challenge(response.challenge); break;
      case "summary":
        this.summary = response.summary;
        this.#reached(response.summary.duration_us);
        break;
    }
  }

  get ended() {
    return this.state === "WEB_STATE_ENDED";
  }

  // The candidate's segments in time order.
  line() {
    return [...this.segments.values()].sort((a, b) => a.span.start_us - b.span.start_us);
  }

  // Names of the signals in the order of the results.
  names() {
    const names = new Set(this.signals.map((s) => s.signal));
    for (const segment of this.segments.values()) for (const f of segment.findings) names.add(f.signal);
    return [...names];
  }

  // A challenge that is under way, if there is one.
  pending() {
    return [...this.challenges.values()].find((c) => !c.concluded);
  }

  #reached(us) {
    this.now_us = Math.max(this.now_us, us ?? 0);
  }

  #segment(segment) {
    const key = `${segment.participant_id} ${segment.index}`;
    const known = this.segments.get(key);
    if (known && known.revision > segment.revision) return;
    // A later revision without findings must not take away those of a final one.
    this.segments.set(key, segment);
    if (this.segments.size > MAX_SEGMENTS) this.segments.delete(this.segments.keys().next().value);
    this.#reached(segment.span?.end_us);
  }

  #notice(notice) {
    this.#reached(notice.time_us);
    const same = this.notices.find((n) => n.kind === notice.kind && n.track_id === notice.track_id && n.detail === notice.detail);
    if (same) {
      same.count += notice.count;
      same.time_us = notice.time_us;
    } else {
      this.notices.push({ ...notice });
      if (this.notices.length > MAX_NOTICES) this.notices.shift();
    }
  }

  #capabilities(update) {
    const who = new Set(update.signals.map((s) => s.participant_id));
    this.signals = [...this.signals.filter((s) => !who.has(s.participant_id)), ...update.signals];
    this.#reached(update.time_us);
  }

  #challenge(update) {
    const state = update.state;
    if (state === "refused") {
      this.refusals.push({ request_id: update.request_id, detail: update.refused.detail });
      if (this.refusals.length > MAX_REFUSALS) this.refusals.shift();
      return;
    }
    const known = this.challenges.get(update.challenge_id) ?? { id: update.challenge_id };
    known[state] = update[state];
    known.state = state;
    this.challenges.set(update.challenge_id, known);
    this.#reached(update[state]?.issued_us ?? update[state]?.shown_us);
  }
}

// State of the candidate's side in words.
export function stateWords(state) {
  return {
    WAITING: "Waiting for the candidate",
    JOINED: "The candidate is connected",
    AWAY: "The candidate’s page has lost its connection",
    ENDED: "The interview is over",
  }[bare(state, "WEB_STATE_")] ?? "Connecting";
}
