// The score over time and a lane for each signal, as on the report pages (src/report/html/chart.rs): positions
// along time are percentages, everything else is pixels.

import { el, svg } from "./dom.js";
import { authenticity, capital, clock, reason, signal, signed, tone } from "./words.js";

const SCORE_H = 112, LANE_H = 28;
const STEPS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600];

// Elements of the lanes of `segments` between two session times.
export function lanes({ segments, names, prior, questions, from_us, to_us }) {
  const whole = Math.max(1, to_us - from_us);
  const x = (us) => Math.max(0, Math.min(1, (us - from_us) / whole));
  const view = { x, from_us, to_us, segments: segments.filter((s) => s.span.end_us > from_us && s.span.start_us < to_us) };
  return [
    scoreLane(view, prior),
    ...names.map((name) => signalLane(view, name)),
    questions.length > 0 && questionLane(view, questions),
    timeAxis(view),
  ].filter(Boolean);
}

const pct = (share) => `${(share * 100).toFixed(3)}%`;

function lane(title, note, height, label, children) {
  return el("div", { class: "lane" },
    el("div", { class: "lane-name" }, el("span", { class: "lane-title" }, title), note && el("span", { class: "lane-note" }, note)),
    el("div", { class: "plot" },
      svg("svg", { width: "100%", height, role: "img", "aria-label": label },
        svg("rect", { class: "ground", width: "100%", height }), ...children)));
}

function place(view, span) {
  const left = view.x(span.start_us);
  return { x: pct(left), width: pct(view.x(span.end_us) - left) };
}

function scoreLane(view, prior) {
  const scored = view.segments.filter((s) => s.outcome === "score");
  const reach = Math.max(1.5, ...scored.map((s) => Math.abs(s.score.evidence_logit) * 1.25));
  const y = (logit) => SCORE_H / 2 + (logit / reach) * (SCORE_H / 2 - 8);
  const children = hatched(view, SCORE_H, (s) => (s.outcome === "score" ? null : reason(s.no_score?.reason)));
  for (const level of [-0.75 * reach, 0, 0.75 * reach]) {
    children.push(svg("line", { class: level === 0 ? "prior-line" : "grid", x1: "0%", x2: "100%", y1: y(level), y2: y(level) }));
  }
  for (const s of scored) {
    const at = y(s.score.evidence_logit);
    children.push(svg("line", {
      class: s.final ? "score-line" : "score-line provisional",
      x1: pct(view.x(s.span.start_us)), x2: pct(view.x(s.span.end_us)), y1: at, y2: at,
    }));
  }
  if (prior > 0) {
    const odds = Math.log(prior / (1 - prior));
    for (const level of [-0.75 * reach, 0, 0.75 * reach]) {
      const a = authenticity(1 - 1 / (1 + Math.exp(-(level + odds))));
      // The score starts on one side of the prior; its label keeps to the other.
      const below = level === 0 && (scored[0]?.score.evidence_logit ?? 0) <= 0;
      children.push(svg("text", { class: "tick", x: 5, y: y(level) + (below ? 13 : -4) }, level === 0 ? `${a} the prior alone` : a));
    }
  }
  const label = `Score over time: ${scored.length} of ${view.segments.length} segments have a number`;
  return lane("Score", "authenticity; higher is more authentic", SCORE_H, label, children);
}

function signalLane(view, name) {
  const [title, about] = signal(name);
  const finding = (s) => s.findings.find((f) => f.signal === name);
  const final = { ...view, segments: view.segments.filter((s) => s.findings.length > 0) };
  const children = hatched(final, LANE_H, (s) => {
    const found = finding(s);
    if (found?.outcome === "scored") return null;
    return found ? reason(found.abstained?.reason) : "no finding";
  });
  let scored = 0;
  for (const s of final.segments) {
    const found = finding(s);
    if (found?.outcome !== "scored") continue;
    scored++;
    children.push(svg("rect", { class: `tone ${tone(found.contribution)}`, ...place(view, s.span), height: LANE_H },
      svg("title", {}, `${clock(s.span.start_us)} to ${clock(s.span.end_us)}: contribution ${signed(found.contribution)}`)));
  }
  return lane(title, about, LANE_H, `${title}: measured in ${scored} of ${final.segments.length} segments`, children);
}

// Hatches runs of segments for which `why` gives a reason; neighbours of one reason are joined.
function hatched(view, height, why) {
  const runs = [];
  for (const s of view.segments) {
    const text = why(s);
    const last = runs.at(-1);
    if (!text) runs.push(null);
    else if (last && last.text === text && last.end_us >= s.span.start_us) last.end_us = s.span.end_us;
    else runs.push({ text, start_us: s.span.start_us, end_us: s.span.end_us });
  }
  const drawn = [];
  for (const run of runs.filter(Boolean)) {
    const at = place(view, run);
    drawn.push(svg("rect", { class: "abstained", fill: "url(#hatch)", ...at, height },
      svg("title", {}, `${clock(run.start_us)} to ${clock(run.end_us)}: ${run.text}`)));
    const left = view.x(run.start_us), width = view.x(run.end_us) - left;
    // About 6.3 px a letter on a plot of 330 px, the narrowest that is drawn.
    if (width * 330 > run.text.length * 6.3 + 14) {
      drawn.push(svg("text", { class: "reason", "text-anchor": "middle", x: pct(left + width / 2), y: height / 2 + 4 }, run.text));
    }
  }
  return drawn;
}

function questionLane(view, questions) {
  const children = questions.filter((q) => (q.end_us ?? view.to_us) > view.from_us).map((q) => {
    const span = { start_us: q.start_us, end_us: q.end_us ?? view.to_us };
    return svg("rect", { class: "pause", y: 8, height: 12, ...place(view, span) }, svg("title", {}, `Question ${q.number}`));
  });
  return lane("Questions", "as you marked them", LANE_H, `${questions.length} questions`, children);
}

function timeAxis(view) {
  const seconds = (view.to_us - view.from_us) / 1e6;
  const step = (STEPS_S.find((s) => seconds / s <= 6) ?? 7200) * 1e6;
  const labels = [];
  for (let at = Math.ceil(view.from_us / step) * step; at <= view.to_us; at += step) {
    const share = view.x(at);
    const anchor = share < 0.02 ? "start" : share > 0.95 ? "end" : "middle";
    labels.push(svg("text", { class: "time", y: 14, x: pct(share), "text-anchor": anchor }, clock(at)));
  }
  return el("div", { class: "lane axis" }, el("div", { class: "lane-name" }),
    el("div", { class: "plot" }, svg("svg", { width: "100%", height: 20, "aria-hidden": "true" }, ...labels)));
}

// The course of a challenge, with its deadline as a line.
export function course(result) {
  const HEIGHT = 64;
  const times = result.trace.map((p) => p.time_us);
  const from = Math.min(result.prompt_end_us, ...times), to = Math.max(result.deadline_us, ...times);
  const x = (us) => (us - from) / Math.max(1, to - from);
  const largest = Math.max(1e-9, ...result.trace.map((p) => Math.abs(p.value)));
  const signedValues = result.trace.some((p) => p.value < 0);
  const zero = signedValues ? HEIGHT / 2 : HEIGHT;
  const scale = zero - 6;
  const label = `${capital(courseOf(result.kind))}, at most ${largest.toFixed(2)}`;
  const bars = result.trace.map((p) => {
    const size = Math.max(1, (Math.abs(p.value) / largest) * scale);
    return svg("rect", { class: "a2", x: pct(x(p.time_us)), y: p.value >= 0 ? zero - size : zero, width: "0.8%", height: size });
  });
  return el("div", { class: "plot" },
    svg("svg", { width: "100%", height: HEIGHT, role: "img", "aria-label": label },
      svg("rect", { class: "ground", width: "100%", height: HEIGHT }), ...bars,
      svg("line", { class: "axis0", x1: pct(x(result.deadline_us)), x2: pct(x(result.deadline_us)), y1: 0, y2: HEIGHT })),
    el("p", { class: "soft small" }, `${label}; from ${clock(from)} to ${clock(to)}, the line is the deadline.`));
}

function courseOf(kind) {
  if (/TURN/.test(kind)) return "turn of the head in degrees";
  if (/LEAN/.test(kind)) return "height of the face over its height at rest";
  if (/FLASH/.test(kind)) return "colour of the face along the code’s main change";
  if (/PHRASE/.test(kind)) return "speech heard";
  return "share of the face that a hand covered";
}
