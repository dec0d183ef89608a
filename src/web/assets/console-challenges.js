// Challenge buttons from the catalogue in hello, and a card for each challenge.

import { bullets, el } from "./dom.js";
import { course } from "./lanes.js";
import { CHALLENGE_STATES, capital, challenge, clock, clockTenths, evidence, standing } from "./words.js";

// Buttons for what can be asked; `issue(kind)` asks, without a kind the server draws one.
export function buttons(interview, issue) {
  if (!interview.hello) return [el("p", { class: "soft" }, "The catalogue comes when the candidate has joined.")];
  if (interview.hello.challenge_policy?.mode === "CHALLENGE_MODE_OFF") {
    return [el("p", { class: "soft" }, "This interview was created without challenges.")];
  }
  const busy = Boolean(interview.pending()) || interview.state !== "WEB_STATE_JOINED";
  const catalogue = interview.hello.challenges;
  const able = catalogue.filter((c) => c.available);
  const unable = catalogue.filter((c) => !c.available);
  return [
    able.length > 0 && el("p", { class: "actions" },
      el("button", { type: "button", class: "main", disabled: busy, onclick: () => issue(undefined) }, "Let the server draw one")),
    el("ul", { class: "catalogue" }, able.map((c) => el("li", {},
      el("button", { type: "button", disabled: busy, "data-kind": c.kind, onclick: () => issue(c.kind) }, capital(challenge(c.kind))),
      chip(c.standing),
      el("details", {}, el("summary", {}, "What is judged"), el("p", { class: "small" }, capital(c.detail)))))),
    unable.length > 0 && el("details", {}, el("summary", {}, `Not available here: ${unable.length}`),
      bullets(unable.map((c) => `${capital(challenge(c.kind))}: ${c.detail}`))),
    ...interview.refusals.slice(-1).map((r) => el("p", { class: "note", role: "status" }, `Not issued: ${r.detail}`)),
  ];
}

function chip(value) {
  const [name, explained] = standing(value);
  return el("span", { class: "state", title: explained }, name);
}

// Cards, newest first; `cancel(id)` takes one back, null where it is too late for that.
export function cards(interview, cancel) {
  return [...interview.challenges.values()].reverse().map((c) => card(c, cancel));
}

function card(c, cancel) {
  const issued = c.issued ?? {};
  const texts = c.state === "reprompt" ? c.reprompt.texts : issued.texts;
  const result = c.concluded?.result;
  return el("div", { class: "challenge", "data-challenge": c.id, "data-state": c.state },
    el("h3", {}, capital(challenge(issued.kind ?? result?.kind)), " ", issued.standing && chip(issued.standing)),
    texts?.prompt && el("p", { class: "soft" }, "The candidate sees: ", el("q", { lang: texts.locale }, texts.prompt)),
    el("p", { class: c.concluded ? "say" : "", role: "status" }, progress(c)),
    !c.concluded && cancel && el("p", { class: "actions" }, el("button", { type: "button", class: "quiet", onclick: () => cancel(c.id) }, "Take it back")),
    c.concluded && concluded(result));
}

function progress(c) {
  switch (c.state) {
    case "issued": return `Issued at ${clockTenths(c.issued.issued_us)}; waiting until the candidate has it on the screen.`;
    case "open": return `On the candidate’s screen since ${clockTenths(c.open.shown_us)}${c.open.attempt > 1 ? " (asked once more)" : ""}; what is done until ${clockTenths(c.open.deadline_us)} counts.`;
    case "reprompt": return "It was not seen as asked; the candidate is asked once more.";
    case "concluded": return capital(c.concluded.words);
    default: return "";
  }
}

function concluded(result) {
  if (!result) return null;
  const state = CHALLENGE_STATES[result.status] ?? "no result";
  const performed = result.status === "performed";
  const asked = result.prompt_end_us > 0 || result.deadline_us > 0
    ? ` asked at ${clockTenths(result.prompt_end_us)}, to be done by ${clockTenths(result.deadline_us)}${result.reaction_ms === undefined ? "" : `; the movement set in after ${Math.round(result.reaction_ms)}\u00a0ms`}.`
    : "";
  return [
    el("p", {}, el("span", { class: `state ${performed ? "yes" : "no"}` }, el("span", {}, state)), asked),
    result.trace.length > 1 && course(result),
    bullets(result.evidence.map((e) => capital(evidence(e)))),
    result.record?.outcome && el("p", { class: "soft small" }, `Signed record ${mark(result.record)}.`),
  ];
}

// What tells the record from others, in short.
function mark(record) {
  const hex = [...record.mac].map((b) => b.toString(16).padStart(2, "0")).join("");
  return `${record.challenge_id}, key ${record.key_id}, MAC ${hex.slice(0, 16)}…, issued at ${clock(record.issued_us)}`;
}
