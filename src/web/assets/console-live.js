// The running assessment, what can be measured, and what happened to the material.

import { bullets, el, svg } from "./dom.js";
import { authenticity, capital, clock, oneIn, oddsSentence, percent, sentence, signal, signed, strength, thousands } from "./words.js";

// Where the scale of the evidence ends: likelihood ratios of 1000, ENFSI's "strong".
const SCALE_REACH = Math.log(1000);
// Steps of the verbal scale: likelihood ratios of 2, 10 and 100.
const STEPS = [2, 10, 100].map(Math.log);

// The latest segment in figures and words.
export function now(interview) {
  const line = interview.line();
  const latest = line.at(-1);
  if (!latest) {
    const words = interview.hello
      ? "Nothing has been measured yet: the first segment is complete after a few seconds of picture."
      : "Nothing is measured before the candidate has joined.";
    return [el("p", { class: "soft" }, words)];
  }
  const numbered = line.filter((s) => s.outcome === "score").length;
  const when = `${clock(latest.span.start_us)} to ${clock(latest.span.end_us)}`;
  const head = latest.outcome === "score" ? scored(latest.score, latest, when) : unscored(latest, when);
  const coverage = latest.coverage ?? {};
  return [
    ...head,
    el("dl", { class: "pair" },
      latest.outcome === "score" && fact("Evidence without the prior", `${signed(latest.score.evidence_logit)} (log odds)`),
      fact("Usable pictures in it", percent(coverage.video ?? 0)),
      fact("Sound in it", percent(coverage.audio ?? 0)),
      fact("Segments with a number", `${numbered} of ${line.length}`)),
    el("p", { class: "soft small" }, interview.summary
      ? "This is the last segment; the assessment of the whole interview stands above."
      : "One segment swings by chance. The interview as a whole is inconclusive until its end, when all segments are weighed together."),
  ];
}

function fact(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}

function scored(score, segment, when) {
  return [
    el("div", { class: "gauge" },
      el("span", { class: "figure" }, authenticity(score.authenticity)),
      el("span", { class: "figure-label" }, `authenticity of the segment ${when}${segment.final ? "" : ", provisional"}: 1 − P(manipulated), at a prior of ${oneIn(score.prior)}`)),
    scale(score.evidence_logit),
    el("p", { class: "say" }, `${strength(score.evidence_logit)}.`),
    el("p", {}, oddsSentence(score)),
  ];
}

function unscored(segment, when) {
  return [
    el("div", { class: "gauge" },
      el("span", { class: "figure none" }, "No score"),
      el("span", { class: "figure-label" }, `segment ${when}${segment.final ? "" : ", provisional"}: not measurable`)),
    scale(null),
    el("p", { class: "say" }, sentence(segment.no_score ?? {})),
    el("p", {}, "An abstention is not a pass and not a suspicion: too little could be measured to give a number."),
  ];
}

// The evidence between authentic (left) and manipulated (right), with the steps of the verbal scale.
function scale(logit) {
  const x = (value) => `${(50 + (Math.max(-SCALE_REACH, Math.min(SCALE_REACH, value)) / SCALE_REACH) * 48).toFixed(2)}%`;
  const steps = STEPS.flatMap((s) => [-s, s]).map((s) => svg("line", { class: "grid", x1: x(s), x2: x(s), y1: 8, y2: 28 }));
  const label = logit === null ? "Scale of the evidence: no number" : `Scale of the evidence from authentic to manipulated: ${signed(logit)} log odds`;
  const bar = logit === null
    ? svg("rect", { x: "2%", width: "96%", y: 10, height: 16, rx: 4, fill: "url(#hatch)" })
    : svg("rect", {
      class: logit < 0 ? "a2" : "m2", y: 10, height: 16,
      x: x(Math.min(0, logit)), width: `${Math.max(0.4, (Math.min(Math.abs(logit), SCALE_REACH) / SCALE_REACH) * 48)}%`,
    });
  return el("div", { class: "scale" },
    svg("svg", { width: "100%", height: 36, role: "img", "aria-label": label },
      svg("rect", { class: "ground", x: "2%", width: "96%", y: 10, height: 16, rx: 4 }), bar, ...steps,
      svg("line", { class: "axis0", x1: "50%", x2: "50%", y1: 4, y2: 32 }),
      logit !== null && svg("circle", { class: "marker", cx: x(logit), cy: 18, r: 8 })),
    el("div", { class: "scale-ends soft small" }, el("span", {}, "authentic recording"), el("span", {}, "neither way"), el("span", {}, "manipulation")));
}

const CONFIDENCE = {
  SIGNAL_CONFIDENCE_FULL: ["as evaluated", "yes"],
  SIGNAL_CONFIDENCE_LIMITED: ["less certain than evaluated", "yes"],
};

// A row per signal: whether it can run, how certainly, and what would lift it.
export function capabilities(interview) {
  const row = (s) => {
    const [title, about] = signal(s.signal);
    const [words, kind] = s.available ? CONFIDENCE[s.confidence] ?? ["can be measured", "yes"] : ["not measurable here", "no"];
    const why = s.available ? s.limits : [s.detail, ...s.limits].filter(Boolean);
    return el("tr", { role: "row" },
      el("th", { scope: "row", role: "rowheader" }, title, about && el("br"), about && el("span", { class: "soft small" }, about)),
      el("td", { role: "cell" }, el("span", { class: `state ${kind}` }, el("span", {}, words))),
      el("td", { role: "cell" }, bullets(why.map(capital)) || el("span", { class: "soft" }, "nothing stands in the way")));
  };
  const head = ["Signal", "State", "What limits it, and what would lift it"];
  return el("div", { class: "table" }, el("table", { class: "stack", role: "table" },
    el("caption", {}, "A signal that is not measured adds nothing to the score, in neither direction"),
    el("thead", {}, el("tr", { role: "row" }, head.map((h) => el("th", { scope: "col", role: "columnheader" }, h)))),
    el("tbody", {}, interview.signals.map(row))));
}

// Newest first.
export function notices(interview) {
  const line = (n) => el("li", {},
    `${clock(n.time_us)} `, n.track_id && el("strong", {}, `${n.track_id}: `), n.detail,
    n.count > 1 && ` (${thousands(n.count)} times)`);
  return el("ul", { class: "plain" }, [...interview.notices].reverse().map(line));
}
