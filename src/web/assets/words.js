// Words and figures for people, the same as on the report pages (src/report/html/words.rs; a test holds the two
// together).

const SIGNALS = {
  face_swap: ["Face swap traces", "fine structure of eyes, mouth and skin against that of the camera picture"],
  lip_sync: ["Lip-sync", "sound against lip motion; late sound counts positive"],
  hand_occlusion: ["Hand challenge", "what is painted while a hand passes the face"],
  head_turn: ["Turn of the head", "contour and appearance while the head turns; accuracy not evaluated, no vote"],
  identity: ["Same face throughout", "the face against that of the interview’s beginning; experimental, no vote"],
  response_latency: ["Response latency", "pauses between question and answer"],
  voice_spoof: ["Synthetic voice", "generated or converted speech, by a model of the operator’s own"],
};

const REASONS = {
  NO_FACE: "no face in enough of the pictures",
  TOO_SHORT: "too little material",
  LOW_QUALITY: "picture or sound too poor",
  MODEL_MISSING: "model missing",
  DROPPED: "media was dropped",
  DEADLINE_MISSED: "result would have come too late",
  NO_TRACK: "a track it needs is not there",
  LOW_FRAME_RATE: "frame rate too low",
  NO_SPEECH: "not enough speech",
  GATHERING: "still gathering material",
  AMBIGUOUS_PERSON: "several people, candidate not identified",
  INDECISIVE: "measured, but not decisive",
  NOT_REQUESTED: "not requested in this span",
  LOW_COVERAGE: "too little of the interview was seen",
  FAILED: "analysis failed",
  UNFAMILIAR: "not judged: unlike the material the model knows",
  EXPERIMENTAL: "experimental: measured, without a vote",
};

const KINDS = {
  HAND_PASS: "pass a hand in front of the face",
  HAND_HOLD: "hold a hand in front of the face",
  TURN_LEFT: "turn the head to the left",
  TURN_RIGHT: "turn the head to the right",
  CHEEK_PRESS: "press a finger into the cheek",
  LEAN_IN: "lean towards the camera",
  FLASH: "look at coloured flashes",
  PHRASE: "say a phrase",
  TURN_BOTH: "turn the head to both sides",
};

// Short name and sentence of what a challenge can count for.
const STANDINGS = {
  SCORED: ["scored", "what is measured while it is performed counts for or against"],
  NOT_EVALUATED: ["accuracy not evaluated", "what is measured while it is performed is shown and has no vote"],
  COMPLIANCE_ONLY: ["compliance only", "whether it was performed is told, and nothing else is judged"],
};

const VERDICTS = {
  CONSISTENT_WITH_LIVE: "consistent with a live recording",
  INCONCLUSIVE: "inconclusive",
  STANDS_OUT: "stands out",
};

const UNITS = [
  ["_ms_per_s", "ms/s"], ["_ms", "ms"], ["_us", "µs"], ["_px", "px"], ["_hz", "Hz"], ["_db", "dB"], ["_deg", "°"],
  ["_fps", "fps"], ["_s", "s"],
];

// Evidence whose name, without its unit, would not say enough to a reader.
const NAMES = {
  made_score: "likeness to faces that a forgery generator pasted",
  drawn_score: "likeness to drawn faces, from 0 (filmed) to 1",
  appearance_jumps: "jumps of the face’s appearance and back (experimental, no vote)",
  appearance_jump_at: "the strongest at",
  identity_distance: "difference to the face of the beginning",
  identity_change_at: "another face from",
  reference_distance: "difference to the face of the reference",
  mouth_lead: "lips before the voice (accuracy not evaluated, no vote)",
  still_mouth_onsets: "voice set in with still lips",
  voice_changes: "turns in another voice (accuracy not evaluated, no vote)",
  voice_change_at: "the first at",
  gap_mad: "usual deviation",
  shift: "change against the start",
  reference_difference: "difference to the reference",
  reference_change: "change of the face since the reference",
  reference_surround: "change around the face since the reference",
  reference_pictures: "pictures of the reference",
  earlier_difference: "difference to the face of shortly before",
  earlier_surround: "not compared with shortly before: change around the face",
  earlier_pictures: "pictures of shortly before",
  reference_face: "face of the reference",
  hidden_hand_share: "share of the hand that is missing before the face, though the hand around it says that it must be there",
  cut_hand_share: "share of the hand that ends along the face’s outline",
  hidden_hand_spread: "how much the missing share changes from picture to picture",
  face_through_share: "how much the face shines through the hand",
  recoloured_share: "how far the hand takes the face’s colour before it",
  edge_blur_ratio: "width of the hand’s edge before the face against beside it",
  landmarks_through_share: "how visible features under the hand are said to be",
  recover: "time until the face looked as before",
  painted_over_jump: "the occlusion net’s change while the hand was before the face",
  covered_share: "largest share of the face that the hand covered",
  reaction: "movement set in after",
  reaction_too_soon: "movement set in sooner than people react, as a replayed recording could, after",
  turned: "turned to the side asked for by",
  turned_left: "turned to the left by",
  turned_right: "turned to the right by",
  cheek_touched: "a hand touched the cheek for",
  cheek_covered_share: "largest share of the cheek that a hand covered",
  face_growth_ratio: "the face grew to, times its height at rest",
  face_growth_left_ratio: "and went back to",
  code_correlation: "how closely the face’s colour followed the screen’s, 0 to 1",
  code_p_value: "share of other codes that it follows as closely",
  face_colour_change: "change of the face’s colour, of 255",
  face_colour_steps_ratio: "steps of the face’s colour when the screen changes, times those in between",
  code_lag: "delay from the screen to the picture",
  lost_beyond: "turned further than landmarks follow: the face was lost, and came back, beyond",
  contour_tremble_ratio: "how much the contour trembles in the turn against eyes, nose and mouth",
};

// What a piece of evidence is to the number that it is compared with.
const RELATIONS = {
  "neutral at": ["swap_score", "made_score", "spoof_score", "reference_difference", "earlier_difference"],
  limit: ["distance", "drawn_score", "reference_surround", "earlier_surround", "voice_change_semitones", "voice_change_delta_bic"],
  "where only time passed about": ["reference_change"],
  "points neither way at": [
    "hidden_hand_share", "cut_hand_share", "hidden_hand_spread", "face_through_share", "recoloured_share",
    "edge_blur_ratio", "landmarks_through_share", "recover_ms", "painted_over_jump",
  ],
  needed: [
    "covered_share", "turned_deg", "turned_left_deg", "turned_right_deg", "cheek_touched_s", "cheek_covered_share",
    "face_growth_ratio", "code_correlation", "face_colour_change", "face_colour_steps_ratio", "speech_s",
  ],
  "at most": ["face_growth_left_ratio", "code_p_value"],
  "asked for": ["passes"],
  "people need at least": ["reaction_too_soon_ms"],
  "at rest": ["contour_tremble_ratio", "appearance_step_max"],
};

const NBSP = "\u00a0";

// The part of an enum value's name that tells it from the others, as NO_FACE.
export function bare(value, prefix) {
  return String(value).startsWith(prefix) ? String(value).slice(prefix.length) : String(value);
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function plain(name) {
  return capital(name.replaceAll("_", " "));
}

// Title and one-line explanation of a signal; an unknown one shows its own name.
export function signal(name) {
  return SIGNALS[name] ?? [plain(name), ""];
}

export function reason(value) {
  const name = bare(value, "ABSTAIN_REASON_");
  return REASONS[name] ?? plain(name.toLowerCase());
}

export function challenge(value) {
  const name = bare(value, "CHALLENGE_KIND_");
  return KINDS[name] ?? plain(name.toLowerCase());
}

export function standing(value) {
  return STANDINGS[bare(value, "CHALLENGE_STANDING_")] ?? ["not stated", ""];
}

export function verdict(value) {
  return VERDICTS[bare(value, "STANDING_")] ?? "inconclusive";
}

// Why there is no number: the reason, and the figures where they say more.
export function sentence({ reason: why, detail }) {
  const words = reason(why);
  const more = detail && !detail.startsWith(words) ? `: ${detail.replace(/\.+$/, "")}` : "";
  return `${capital(detail?.startsWith(words) ? detail.replace(/\.+$/, "") : words)}${more}.`;
}

function minus(text) {
  return text.replaceAll("-", "\u2212");
}

// A number with as many decimals as its size deserves.
export function figure(value) {
  if (!Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  return minus(value.toFixed(digits));
}

// A signed number with two decimals.
export function signed(value) {
  const text = `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
  return minus(text === "-0.00" ? "+0.00" : text);
}

// An authenticity, never rounded up to certainty.
export function authenticity(a) {
  if (a > 0.9999) return "> 0.9999";
  if (a > 0.9985) return (Math.floor(a * 1e4) / 1e4).toFixed(4);
  if (a < 0.0005) return "< 0.001";
  return a.toFixed(3);
}

export function percent(share) {
  const p = share * 100;
  if (!Number.isFinite(p)) return "–";
  const digits = p >= 10 || Math.abs(p % 1) < 1e-9 ? 0 : p >= 1 ? 1 : 2;
  return `${p.toFixed(digits)}${NBSP}%`;
}

// Microseconds as m:ss, or h:mm:ss.
export function clock(us) {
  const whole = Math.round(Math.max(0, us) / 1e6);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// Microseconds as m:ss.t.
export function clockTenths(us) {
  const tenths = Math.round(Math.max(0, us) / 1e5);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

// What an evidence logit says in words: the verbal scale of the ENFSI guideline for evaluative reporting (2015),
// likelihood ratios of 2, 10, 100 and 1000.
export function strength(logit) {
  const ratio = Math.exp(Math.abs(logit));
  if (ratio < 2) return "The evidence points neither way";
  const how = ratio < 10 ? "Weak" : ratio < 100 ? "Moderate" : ratio < 1000 ? "Moderately strong" : "Strong";
  return `${how} evidence for ${logit > 0 ? "manipulation" : "an authentic recording"}`;
}

export function thousands(n) {
  return Math.round(n).toLocaleString("en-US");
}

// A probability as "1 in n" where that reads well.
export function oneIn(p) {
  if (!(p > 0 && p < 0.2)) return percent(p);
  const n = 1 / p;
  return `1${NBSP}in${NBSP}${thousands(n >= 1000 ? Math.round(n / 100) * 100 : n)}`;
}

// A piece of evidence as "name value unit (usually reference unit)".
export function evidence({ name, value, reference }) {
  const [suffix, unit] = UNITS.find(([ending]) => name.endsWith(ending)) ?? ["", ""];
  const stem = suffix ? name.slice(0, -suffix.length) : name;
  const measure = (v) => figure(v) + (unit && NBSP + unit);
  let text = `${NAMES[stem] ?? stem.replaceAll("_", " ")} ${measure(value)}`;
  if (reference !== undefined) {
    const relation = Object.keys(RELATIONS).find((r) => RELATIONS[r].includes(name)) ?? "usually";
    text += ` (${relation} ${measure(reference)})`;
  }
  return text;
}

// The colour class of a contribution: three steps to each side of a neutral one.
export function tone(c) {
  if (c <= -0.8) return "a3";
  if (c <= -0.35) return "a2";
  if (c <= -0.05) return "a1";
  if (c < 0.05) return "n0";
  if (c < 0.35) return "m1";
  return c < 0.8 ? "m2" : "m3";
}

// Where the evidence of an interview stands, with its thresholds.
export function verdictLine(v) {
  const thresholds = `evidence of ${signed(v.upper)} or more stands out, ${signed(v.lower)} or less is consistent with a live recording`;
  const name = verdict(v.standing);
  if (name === "inconclusive") return `inconclusive: ${v.detail || "not assessed"} (${thresholds})`;
  const since = v.since_us === undefined ? "" : ` since ${clockTenths(v.since_us)}`;
  return `${name}${since} (${thresholds})`;
}

// Where the interview began to stand out against its own beginning, if it did.
export function changeLine(c) {
  if (!c || !(c.threshold > 0) || c.since_us === undefined) return null;
  return `From ${clockTenths(c.since_us)} on the interview stands out against what came before, as where somebody takes over in mid-call (change of ${figure(c.statistic)}, where ${figure(c.threshold)} stands out; noticed at ${clockTenths(c.noticed_us ?? c.since_us)}).`;
}

// What the evidence did to the prior, as probabilities.
export function oddsSentence({ prior, authenticity: a, evidence_logit }) {
  const after = 1 - a;
  if (prior.toExponential(1) === after.toExponential(1)) {
    return `What could be measured left the probability of manipulation at the ${percent(prior)} assumed before.`;
  }
  const verb = evidence_logit > 0 ? "raised" : "lowered";
  return `What could be measured ${verb} the probability of manipulation from the ${percent(prior)} assumed before to ${percent(after)}.`;
}

export const CHALLENGE_STATES = {
  performed: "performed", not_performed: "not performed", not_measurable: "not measurable",
  not_carried_out: "not carried out",
};

// The example of base rates that every report carries: 1 in 1400, found at 90 %, false alarms at 1 %.
export function baseRate() {
  const [prevalence, found, falseAlarms] = [1 / 1400, 0.9, 0.01];
  const hits = prevalence * found;
  const share = hits / (hits + (1 - prevalence) * falseAlarms);
  return `Suppose that one interview in ${thousands(1 / prevalence)} is manipulated, and that a test finds ${percent(found)} of those while it raises a false alarm on ${percent(falseAlarms)} of the others. Then only ${percent(Math.round(share * 100) / 100)} of its alarms are true.`;
}
