// The assessment of the whole interview, with what it does not say.

import { bullets, el, svg } from "./dom.js";
import { authenticity, baseRate, capital, challenge, changeLine, clockTenths, CHALLENGE_STATES, figure, oneIn, oddsSentence, percent, reason, sentence, signal, signed, strength, thousands, verdictLine } from "./words.js";

// What comes first: the assessment itself.
export function summary(interview) {
  const whole = interview.summary;
  return [
    whole.partial && card("This assessment is partial", el("p", {}, `The session ended early: ${whole.end_reason.replace(/\.+$/, "")}.`)),
    whole.participants.length === 0 && card("No assessment", el("p", {}, "Nobody in this interview was marked as the candidate, so nothing was scored.")),
    ...whole.participants.map((p) => headline(interview, p)),
  ].filter(Boolean);
}

// What it rests on, and what it does not say.
export function details(interview) {
  const { summary: whole, hello } = interview;
  return [
    ...whole.participants.flatMap((p) => [measured(p), p.outcome === "score" && sum(p), pauses(p.gaps)]),
    card("Most alarms about rare things are false", el("p", {}, baseRate()),
      el("p", { class: "soft small" }, `The rates are an example, not liveproof’s own. This interview assumed that ${oneIn(hello?.prior ?? 0)} interviews is manipulated before anything is measured; whoever runs liveproof sets that figure.`)),
    card("What this does not say", bullets([
      ...whole.cautions,
      "It does not say who the person is, what they intend, or what they feel.",
      "“Not measured” is not “fine”: a hatched stretch is unknown, neither good nor bad.",
      "No decision about a person may rest on this page alone.",
    ])),
    models(hello?.models ?? []),
  ].filter(Boolean);
}

function card(title, ...children) {
  return el("section", { class: "card" }, el("h2", {}, title), ...children);
}

function headline(interview, p) {
  const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
  const line = interview.line();
  const numbered = line.filter((s) => s.outcome === "score").length;
  const coverage = p.coverage ?? {};
  const words = p.outcome === "score"
    ? [
      el("p", { class: "say" }, `${strength(p.score.evidence_logit)}.`),
      el("p", {}, oddsSentence(p.score)),
      p.verdict && el("p", {}, `Assessment: ${verdictLine(p.verdict)}.`),
      el("p", {}, changeLine(p.change)),
    ]
    : [
      el("p", { class: "say" }, sentence(p.no_score ?? {})),
      el("p", {}, "An abstention is not a pass and not a suspicion: too little could be measured to give a number."),
    ];
  const number = p.outcome === "score"
    ? [el("span", { class: "figure" }, authenticity(p.score.authenticity)),
      el("span", { class: "figure-label" }, `authenticity: 1 − P(manipulated), at a prior of ${oneIn(p.score.prior)}`)]
    : [el("span", { class: "figure none" }, "No score"), el("span", { class: "figure-label" }, "not measurable")];
  return el("section", { class: "card", "aria-label": "Assessment", id: "assessment" },
    el("h2", {}, "The whole interview"),
    el("div", { class: "headline" }, el("div", {}, number), el("div", {}, words)),
    el("dl", { class: "pair" },
      p.outcome === "score" && fact("Evidence without the prior", `${signed(p.score.evidence_logit)} (log odds)`),
      fact("Some signal gave a number on", `${percent(coverage.scored ?? 0)} of the time`),
      fact("Segments with a number", `${numbered} of ${line.length}`),
      fact("Usable pictures", percent(coverage.video ?? 0)),
      fact("Sound", percent(coverage.audio ?? 0)),
      fact("Pictures seen", thousands(coverage.frames_seen ?? 0))),
    p.challenges.length > 0 && el("p", {}, `Challenges: ${p.challenges.map((c) => `${challenge(c.kind)} (${CHALLENGE_STATES[c.status] ?? "no result"})`).join("; ")}.`),
    el("p", { class: "actions" }, download(interview)));
}

function measured(p) {
  const row = (s) => {
    const [title, about] = signal(s.signal);
    const experimental = s.abstained.some((a) => a.reason === "ABSTAIN_REASON_EXPERIMENTAL");
    const [state, kind] = s.coverage > 0 ? ["measured", "yes"] : [experimental ? "experimental, no vote" : "not measurable", "no"];
    const lines = [
      s.coverage > 0 && `A number on ${percent(s.coverage)} of the time; contribution ${signed(s.contribution)}`,
      s.told_apart !== undefined && `Like one class of the calibration's recordings only on ${percent(s.told_apart)} of its numbers; the others are like both, or like neither`,
      ...s.abstained.map((a) => `${thousands(a.segments)} ${a.segments === 1 ? "segment" : "segments"} without a number: ${reason(a.reason)}${a.detail && a.detail !== reason(a.reason) ? ` (${a.detail})` : ""}`),
    ].filter(Boolean);
    return el("tr", { role: "row" },
      el("th", { scope: "row", role: "rowheader" }, title, about && el("br"), about && el("span", { class: "soft small" }, about)),
      el("td", { role: "cell" }, el("span", { class: `state ${kind}` }, el("span", {}, state))),
      el("td", { role: "cell" }, lines.length > 0 ? lines.map((l, i) => [i > 0 && el("br"), `${l}.`]) : "No segment was offered to this signal."));
  };
  const head = ["Signal", "State", "Why, or how much"];
  return card("What was measured, and what was not", el("div", { class: "table" }, el("table", { class: "stack", role: "table" },
    el("caption", {}, "A signal that is not measured adds nothing to the score, in neither direction"),
    el("thead", {}, el("tr", { role: "row" }, head.map((h) => el("th", { scope: "col", role: "columnheader" }, h)))),
    el("tbody", {}, p.signals.map(row)))));
}

// How the contributions and the prior add up to the score.
function sum(p) {
  const reach = Math.max(1, ...p.signals.map((s) => Math.abs(s.contribution)), Math.abs(p.score.evidence_logit));
  const prior = Math.log(p.score.prior / (1 - p.score.prior));
  const bar = (value) => {
    const half = Math.min(1, Math.abs(value) / reach) * 50;
    return svg("svg", { width: "100%", height: 16, "aria-hidden": "true" },
      svg("rect", { class: value < 0 ? "a2" : "m2", y: 2, height: 12, x: `${value < 0 ? 50 - half : 50}%`, width: `${half}%` }),
      svg("line", { class: "axis0", x1: "50%", x2: "50%", y1: 0, y2: 16 }));
  };
  const row = (name, value, text, drawn, kind) => el("tr", { class: kind },
    el("th", { scope: "row" }, name), el("td", { class: "bar" }, drawn && bar(value)), el("td", { class: "n" }, text));
  return card("How the score adds up", el("div", { class: "table" }, el("table", {},
    el("caption", {}, "Log odds; positive points to manipulated. Quality multiplies a signal, it never adds"),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Term"), el("th", { scope: "col" }, el("span", { class: "soft hide-small" }, "authentic ← → manipulated")), el("th", { scope: "col", class: "n" }, "Log odds"))),
    el("tbody", {},
      p.signals.map((s) => (s.coverage > 0
        ? row(signal(s.signal)[0], s.contribution, signed(s.contribution), true)
        : row(signal(s.signal)[0], 0, el("span", { class: "soft" }, "not measured"), false))),
      row("Evidence, without the prior", p.score.evidence_logit, signed(p.score.evidence_logit), true, "sum"),
      row(`Prior, ${oneIn(p.score.prior)}`, prior, signed(prior), false),
      row("Together", 0, signed(p.score.evidence_logit + prior), false, "sum")))));
}

function pauses(gaps) {
  if (gaps.length === 0) return null;
  const row = (g) => el("tr", {},
    el("th", { scope: "row" }, String(g.index + 1)),
    el("td", {}, clockTenths(g.question_end_us)),
    el("td", { class: "n" }, g.gap_ms === undefined ? "no answer heard" : `${figure(Math.round(g.gap_ms))}\u00a0ms`));
  return card("Pauses between question and answer",
    el("p", {}, "People pause longer on video calls than face to face, and differ widely: a long pause alone means nothing. The questions are as you marked them with the button, so that your own delay is in each pause."),
    el("div", { class: "table" }, el("table", {},
      el("thead", {}, el("tr", {}, ["Question", "Ended", "Pause"].map((h, i) => el("th", { scope: "col", class: i === 2 && "n" }, h)))),
      el("tbody", {}, gaps.map(row)))));
}

function models(list) {
  const row = (m) => el("tr", { role: "row" },
    el("th", { scope: "row", role: "rowheader" }, m.model_id, el("br"), el("span", { class: "soft small" }, m.task)),
    el("td", { role: "cell" }, el("span", { class: `state ${m.available ? "yes" : "no"}` }, el("span", {}, m.available ? "in use" : "not available")), !m.available && m.detail && el("span", { class: "small" }, ` ${m.detail}`)),
    el("td", { role: "cell", "data-label": "Data terms" }, m.data_terms || "not stated"),
    el("td", { role: "cell", "data-label": "SHA-256" }, el("code", {}, m.sha256 || "–")));
  return el("section", { class: "card", id: "models" }, el("h2", {}, "Models and their data"),
    el("p", { class: "terms" }, "The weights carry the terms of the data they were trained on, beside the licence of the code. Read them before you use a result beyond research."),
    list.length === 0 ? el("p", {}, "No model was installed.") : el("div", { class: "table" }, el("table", { class: "stack", role: "table" },
      el("caption", {}, "Models of this installation; the digest is SHA-256 of the file"),
      el("thead", {}, el("tr", { role: "row" }, ["Model", "State", "Data terms", "SHA-256"].map((h) => el("th", { scope: "col", role: "columnheader" }, h)))),
      el("tbody", {}, list.map(row)))));
}

// What was heard of the interview as JSON; it holds figures and words, no picture and no sound.
function download(interview) {
  const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return el("button", {
    type: "button",
    onclick: () => {
      // The resume token is a secret of the running interview, and of no use here.
      const hello = { ...interview.hello, resume_token: undefined };
      const all = { hello, segments: interview.line(), challenges: [...interview.challenges.values()], notices: interview.notices, summary: interview.summary };
      const text = JSON.stringify(all, (_, v) => (v instanceof Uint8Array ? hex(v) : v), 1);
      const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      el("a", { href: url, download: `${interview.hello?.session_id ?? "interview"}.json` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
    },
  }, capital("save the results as JSON"));
}
