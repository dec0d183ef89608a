// Challenges on the candidate's page: shows a prompt over the whole page, says when it was painted, counts down,
// and lets the candidate decline.
//
// What the candidate ticked before the interview is declined at once and never shown. A colour code is announced
// first, changes at most twice a second whatever was asked for, and stops as soon as it is declined.

import { byId, el, show, visible } from "./dom.js";
import { t } from "./join-texts.js";

const NEEDS = {
  CHALLENGE_KIND_HAND_PASS: "CHALLENGE_NEED_HANDS",
  CHALLENGE_KIND_HAND_HOLD: "CHALLENGE_NEED_HANDS",
  CHALLENGE_KIND_CHEEK_PRESS: "CHALLENGE_NEED_HANDS",
  CHALLENGE_KIND_TURN_LEFT: "CHALLENGE_NEED_HEAD",
  CHALLENGE_KIND_TURN_RIGHT: "CHALLENGE_NEED_HEAD",
  CHALLENGE_KIND_TURN_BOTH: "CHALLENGE_NEED_HEAD",
  CHALLENGE_KIND_LEAN_IN: "CHALLENGE_NEED_BODY",
  CHALLENGE_KIND_FLASH: "CHALLENGE_NEED_FLASHES",
  CHALLENGE_KIND_PHRASE: "CHALLENGE_NEED_VOICE",
};

const COLOURS = {
  SCREEN_COLOUR_AMBER: "#ffb040",
  SCREEN_COLOUR_GREEN: "#40e070",
  SCREEN_COLOUR_BLUE: "#4080ff",
  SCREEN_COLOUR_MAGENTA: "#e060d0",
};

// Two changes a second: the limit that the texts promise, well below what WCAG 2.3.1 allows.
const LEAST_COLOUR_MS = 500;
// How long a colour code is announced before it begins.
const ANNOUNCE_MS = 4000;
// From the painted frame to light on the screen, and how uncertain that is: a display's delay, and a frame of 60 Hz.
const DISPLAY_MS = 20, UNCERTAINTY_MS = 60;
// After the deadline the card goes away without a word from the server.
const AFTER_DEADLINE_MS = 1500;

export class Challenges {
  #link;
  #clock;
  #optOuts;
  #video;
  #now = null;
  #seen = new Set();
  #dialog = byId("prompt");
  #list = [];

  // `clock()` gives the page's clock, `video` is a playing element to be shown beside the prompt.
  constructor(link, clock, optOuts, video) {
    this.#link = link;
    this.#clock = clock;
    this.#optOuts = optOuts;
    this.#video = video;
    // Declining is a button's business: a stray Escape must not count as one.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.#dialog.addEventListener("keydown", (event) => { if (event.key === "Escape") event.preventDefault(); });
    byId("decline").onclick = () => this.#declined("CHALLENGE_DECLINE_REASON_PREFERS_NOT", false);
    byId("cannot").onclick = () => this.#declined("CHALLENGE_DECLINE_REASON_CANNOT_PERFORM", true);
  }

  take(update) {
    switch (update.state) {
      case "issued": return this.#issued(update.challenge_id, update.issued);
      case "open": return this.#opened(update.challenge_id, update.open);
      case "reprompt": return this.#again(update.challenge_id, update.reprompt);
      case "concluded": case "refused": return this.#ended(update.challenge_id);
    }
  }

  // The interview is over: nothing stays on the screen.
  close() {
    this.#forget();
  }

  #issued(id, issued) {
    // A page that joined again is told again.
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const need = NEEDS[issued.kind];
    if (!need || this.#optOuts.has(need)) {
      return this.#sendDecline(id, "CHALLENGE_DECLINE_REASON_CANNOT_PERFORM", true);
    }
    const flash = issued.kind === "CHALLENGE_KIND_FLASH";
    const parameters = issued.parameters ?? {};
    if (flash && (parameters.colour_ms < LEAST_COLOUR_MS || parameters.colours.length === 0)) {
      return this.#sendDecline(id, "CHALLENGE_DECLINE_REASON_NOT_SHOWN", false);
    }
    this.#forget();
    this.#now = {
      id, attempt: 1, flash, parameters, texts: issued.texts, answer_ms: issued.answer_ms,
      shown_us: null, deadline_us: null, timers: [],
    };
    const wait = parameters.delay_ms ?? 0;
    if (flash) {
      this.#open(t("getReady"), issued.texts, document.documentElement.lang);
      this.#later(Math.max(wait, ANNOUNCE_MS), () => this.#present());
    } else {
      this.#later(wait, () => this.#present());
    }
  }

  #again(id, reprompt) {
    const now = this.#now?.id === id ? this.#now : null;
    if (!now) return;
    now.timers.splice(0).forEach(clearTimeout);
    Object.assign(now, {
      attempt: 2, texts: reprompt.texts, shown_us: null, deadline_us: null,
    });
    if (now.flash) {
      this.#open(t("getReady"), now.texts, document.documentElement.lang);
      this.#later(ANNOUNCE_MS, () => this.#present());
    } else {
      this.#present();
    }
  }

  // Shows the prompt and tells the server when it was painted. Whether that was in time is the server's to say: its
  // clock is that of the media it has worked off.
  #present() {
    const now = this.#now;
    this.#open(now.texts.prompt, now.texts);
    this.#painted((ms) => {
      if (this.#now !== now || now.shown_us !== null) return;
      now.shown_us = this.#clock().us(ms + DISPLAY_MS);
      now.deadline_us = now.shown_us + now.answer_ms * 1000;
      this.#link.shown({
        challenge_id: now.id, attempt: now.attempt, shown_us: now.shown_us, uncertainty_ms: UNCERTAINTY_MS,
      });
      this.#note(now.id, now.texts.prompt, t("answered"));
      if (now.flash) this.#colours(now, ms);
      this.#tick(now);
    });
    if (now.flash) this.#colour(now.parameters.colours[0]);
  }

  // Calls with the time of the frame in which what was just written was painted.
  #painted(done) {
    requestAnimationFrame((ms) => requestAnimationFrame(() => done(ms)));
  }

  #opened(id, open) {
    const now = this.#now;
    if (now?.id === id && now.attempt === open.attempt) now.deadline_us = open.deadline_us;
  }

  #ended(id) {
    if (this.#now?.id !== id) return;
    this.#forget();
    this.#say(t("thanks"));
  }

  #declined(reason, alternative) {
    const now = this.#now;
    if (!now) return;
    this.#sendDecline(now.id, reason, alternative);
    this.#note(now.id, now.texts.prompt, t("declinedWord"));
    this.#forget();
    this.#say(t("thanksDeclined"));
  }

  #sendDecline(challenge_id, reason, offer_alternative) {
    this.#link.declined({ challenge_id, reason, offer_alternative });
  }

  #tick(now) {
    if (this.#now !== now) return;
    const left_ms = (now.deadline_us - this.#clock().us()) / 1000;
    if (left_ms < -AFTER_DEADLINE_MS) {
      // What comes of it is the server's to say, and not to this page; a second prompt may still come.
      this.#dialog.close();
      this.#colour(null);
      document.title = "liveproof";
      return this.#say(t("thanks"));
    }
    show(byId("prompt-clock"), t("timeLeft", { s: Math.max(0, Math.ceil(left_ms / 1000)) }));
    byId("prompt-left").value = Math.max(0, Math.min(1, left_ms / now.answer_ms));
    this.#later(200, () => this.#tick(now));
  }

  // One colour after the other from the frame in which the first was painted.
  #colours(now, start_ms) {
    let last = 0, changed_ms = start_ms;
    const step = (ms) => {
      if (this.#now !== now || now.attempt !== this.#now.attempt) return;
      const due = Math.floor((ms - start_ms) / now.parameters.colour_ms);
      if (due >= now.parameters.colours.length) return this.#colour(null);
      // A late frame must not be followed by a change sooner than half a second after it.
      if (due > last && ms - changed_ms >= LEAST_COLOUR_MS - 1) {
        last = due;
        changed_ms = ms;
        this.#colour(now.parameters.colours[due]);
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #colour(name) {
    this.#dialog.classList.toggle("coloured", Boolean(name));
    this.#dialog.style.backgroundColor = COLOURS[name] ?? "";
  }

  #open(text, texts, language = texts.locale) {
    const { locale, reason, alternative } = texts;
    // The request may come in another language than the page's.
    for (const id of ["prompt-reason", "prompt-alternative"]) byId(id).lang = locale;
    byId("prompt-text").lang = language;
    show(byId("prompt-text"), text);
    show(byId("prompt-reason"), reason);
    show(byId("prompt-alternative"), alternative);
    show(byId("prompt-clock"), t("noHurry"));
    visible(byId("prompt-other"), alternative !== "");
    byId("prompt-left").value = 1;
    if (!this.#dialog.open) this.#dialog.showModal();
    byId("prompt-place").replaceChildren(this.#video);
    this.#video.play().catch(() => {});
    byId("prompt-text").focus({ preventScroll: true });
    this.#dialog.scrollTop = 0;
    document.title = `● ${t("request")} – liveproof`;
  }

  #later(ms, then) {
    const now = this.#now;
    now.timers.push(setTimeout(() => { if (this.#now === now) then(); }, ms));
    if (now.timers.length > 8) now.timers.shift();
  }

  #forget() {
    this.#now?.timers.forEach(clearTimeout);
    this.#now = null;
    this.#colour(null);
    if (this.#dialog.open) this.#dialog.close();
    document.title = "liveproof";
  }

  #say(text) {
    const said = byId("said");
    show(said, text);
    visible(said, true);
    setTimeout(() => visible(said, false), 4000);
  }

  // What was asked so far, for the candidate to look up.
  #note(id, what, outcome) {
    const entry = this.#list.find((e) => e.id === id);
    if (entry) entry.outcome = outcome;
    else this.#list.push({ id, what, outcome, time: new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }) });
    visible(byId("requests-box"), true);
    const line = (e) => el("li", {}, t("requestAt", { time: e.time, what: e.what }), " ", el("span", { class: "soft" }, `(${e.outcome})`));
    show(byId("requests"), this.#list.map(line));
  }
}
