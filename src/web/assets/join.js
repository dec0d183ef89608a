// The candidate's page: consent, devices, the interview, its end. Nothing is asked of the browser's camera or of
// the server before the candidate has agreed.

import { Service, loadProtocol } from "./rpc.js";
import { PageClock, Pictures, SAMPLE_RATE_HZ, Sound, listDevices, openDevices } from "./capture.js";
import { Challenges } from "./join-challenges.js";
import { Link } from "./join-link.js";
import { byId, el, show, themeButton, visible } from "./dom.js";
import { languages, number, preferred, speak, t } from "./join-texts.js";

// Rises with every change of what the candidate agrees to.
const CONSENT_VERSION = 1;
const STAGES = ["consent", "devices", "live", "over"];
const NO_MICROPHONE = "none";

const page = {
  language: preferred(), invitation: null, consent: null, needs: new Set(),
  stream: null, sound: null, pictures: null, link: null, clock: null, challenges: null, notices: new Map(),
  // Dropped pictures from which the candidate is told; doubles each time.
  slowAt: 30,
};

const preview = el("video", { autoplay: true, muted: true, playsinline: true });
preview.muted = true;
// A second view of the same camera, for the prompts.
const mirror = el("video", { autoplay: true, muted: true, playsinline: true });
mirror.muted = true;

begin();

function begin() {
  themeButton(byId("theme"));
  for (const language of languages) {
    byId(`lang-${language}`).onclick = () => turnTo(language);
  }
  turnTo(page.language);
  page.invitation = readInvitation();
  if (!page.invitation) return trouble(t("noInvitation"));
  if (!window.isSecureContext || !navigator.mediaDevices) return trouble(t("insecure"));
  if (!("requestVideoFrameCallback" in HTMLVideoElement.prototype) || !window.AudioWorkletNode || !AbortSignal.any) {
    return trouble(t("old"));
  }
  // People who ask for less motion are asked about flashes first; they can untick it.
  byId("consent").querySelector("[value=CHALLENGE_NEED_FLASHES]").checked =
    matchMedia("(prefers-reduced-motion: reduce)").matches;
  byId("agree").onclick = agree;
  byId("start").onclick = start;
  byId("camera").onchange = byId("microphone").onchange = reopen;
  byId("leave").onclick = () => askToLeave(true);
  byId("leave-no").onclick = () => askToLeave(false);
  byId("leave-yes").onclick = leave;
  document.addEventListener("visibilitychange", () => { if (document.hidden && page.pictures) note("hidden"); });
  stage("consent");
}

function turnTo(language) {
  page.language = language;
  speak(language);
  for (const one of languages) byId(`lang-${one}`).setAttribute("aria-pressed", one === language);
  // What the host calls the interview takes the heading's place once it is known.
  if (page.title) show(byId("title"), page.title);
  if (page.link) state(page.link.connected ? "connected" : "away");
  showNotices();
}

// The bytes after "#": base64url, so that no server log ever holds them.
function readInvitation() {
  const text = location.hash.slice(1).replaceAll("-", "+").replaceAll("_", "/");
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return bytes.length > 0 ? bytes : null;
  } catch {
    return null;
  }
}

function stage(name) {
  for (const one of STAGES) visible(byId(one), one === name);
}

function trouble(text) {
  stopCapture();
  page.challenges?.close();
  stage("");
  show(byId("trouble-text"), text);
  visible(byId("trouble"), true);
}

async function agree() {
  page.consent = new Date().toISOString();
  page.needs = new Set([...document.querySelectorAll("input[name=need]:checked")].map((box) => box.value));
  stage("devices");
  byId("devices-head").focus();
  byId("preview-place").append(preview);
  await reopen();
}

// Opens the chosen devices and shows what they give, to the candidate alone.
async function reopen() {
  closeDevices();
  byId("start").disabled = true;
  visible(byId("device-trouble"), false);
  const microphone = byId("microphone").value;
  try {
    page.stream = await openDevices(byId("camera").value, microphone, microphone !== NO_MICROPHONE);
    preview.srcObject = mirror.srcObject = page.stream;
    await fillDevices(microphone);
    if (page.stream.getAudioTracks().length > 0) page.sound = await Sound.open(page.stream, showLevel);
    page.stream.getVideoTracks()[0].addEventListener("ended", () => trouble(t("lostDevice")));
    byId("start").disabled = false;
  } catch (error) {
    closeDevices();
    await fillDevices(microphone).catch(() => {});
    show(byId("device-trouble"), t("noDevices", { detail: error.message || error.name }));
    visible(byId("device-trouble"), true);
  }
}

async function fillDevices(microphone) {
  const { cameras, microphones } = await listDevices();
  const used = (kind) => page.stream?.getTracks().find((track) => track.kind === kind)?.getSettings().deviceId;
  const options = (devices, chosen) => devices.map((d, i) => {
    const option = el("option", { value: d.deviceId }, d.label || `${t("unnamed")} ${i + 1}`);
    option.selected = d.deviceId === chosen;
    return option;
  });
  byId("camera").replaceChildren(...options(cameras, used("video")));
  const none = el("option", { value: NO_MICROPHONE, "data-t": "noMicrophone" }, t("noMicrophone"));
  byId("microphone").replaceChildren(...options(microphones, used("audio")), none);
  if (microphone === NO_MICROPHONE) none.selected = true;
}

function showLevel(peak) {
  // Square root: speech at a usual level then moves the bar over most of its length.
  byId("level").value = byId("live-level").value = Math.sqrt(peak);
}

function closeDevices() {
  page.sound?.close();
  page.sound = null;
  page.stream?.getTracks().forEach((track) => track.stop());
  page.stream = null;
  preview.srcObject = mirror.srcObject = null;
}

function stopCapture() {
  page.pictures?.stop();
  page.pictures = null;
  closeDevices();
}

async function start() {
  byId("start").disabled = true;
  stage("live");
  byId("live-place").append(preview);
  preview.play().catch(() => {});
  show(byId("state-text"), t("connecting"));
  byId("state").focus();
  try {
    const protocol = await loadProtocol();
    const service = new Service(protocol, "liveproof.v1.WebService");
    page.link = new Link(service, page.invitation, {
      welcome,
      notice: takeNotice,
      challenge: (update) => page.challenges.take(update),
      goodbye: over,
      state,
      trouble: linkTrouble,
    });
    page.challenges = new Challenges(page.link, () => page.clock, page.needs, mirror);
    setInterval(showSent, 1000);
    await page.link.run(tracks(), consentRecord());
  } catch (error) {
    trouble(t("failed", { detail: error.message }));
  }
}

function tracks() {
  const common = { participant_id: "candidate", clock_id: "page", clock_mapping: "CLOCK_MAPPING_SOURCE_ESTIMATED" };
  const camera = {
    ...common, track_id: "camera", kind: "TRACK_KIND_VIDEO",
    video: { format: "VIDEO_FORMAT_JPEG", nominal_fps: 15 },
  };
  const microphone = {
    ...common, track_id: "microphone", kind: "TRACK_KIND_AUDIO",
    audio: { format: "AUDIO_FORMAT_S16LE", sample_rate_hz: SAMPLE_RATE_HZ, channels: 1 },
  };
  return page.sound ? [camera, microphone] : [camera];
}

// What was agreed to, when, in which language and version; nothing about the person.
function consentRecord() {
  const needs = [...page.needs].map((n) => n.replace("CHALLENGE_NEED_", "").toLowerCase()).join(",");
  return `page v${CONSENT_VERSION} ${page.language} ${page.consent} without:${needs || "-"}`;
}

// The first welcome starts the clock and the sending; later ones come after a lost connection.
function welcome(message) {
  page.title = message.title;
  if (message.title) show(byId("title"), message.title);
  if (page.clock) return;
  page.clock = new PageClock(message.latest_us);
  const next = (id) => message.positions.find((p) => p.track_id === id)?.next_sequence ?? 0;
  const chunk = (track_id) => ({ sequence, ms, bytes }) => ({
    track_id, sequence, capture_time_us: page.clock.us(ms), payload: bytes, keyframe: track_id === "camera",
  });
  const [picture, sound] = [chunk("camera"), chunk("microphone")];
  // What was captured before the welcome would lie before the clock's beginning.
  const from_us = page.clock.us();
  const send = (entry, way) => { if (entry.capture_time_us > from_us) way(entry); };
  page.pictures = new Pictures(preview, next("camera"), (p) => send(picture(p), (c) => page.link.picture(c)));
  if (page.sound) {
    page.sound.sequence = next("microphone");
    page.sound.onChunk = (s) => send(sound(s), (c) => page.link.sound(c));
  }
}

function state(name) {
  const connected = name === "connected";
  byId("state").dataset.state = name;
  show(byId("state-text"), connected ? t(page.sound ? "live" : "liveSilent") : t("away"));
}

function showSent() {
  if (!page.link || !page.pictures) return;
  const { pictures, bytes } = page.link.sent;
  show(byId("sent-count"), t("sentCount", { pictures: number(pictures), mb: number(bytes / 1e6, 1) }));
  const dropped = page.link.dropped.pictures + page.pictures.dropped;
  if (dropped >= page.slowAt) {
    page.slowAt = dropped * 2;
    note("slow");
  }
}

// Server's notices by kind: the page says in its own words what the candidate can do something about.
function takeNotice(notice) {
  if (typeof t(notice.kind) === "string") note(notice.kind);
}

function note(key) {
  page.notices.delete(key);
  page.notices.set(key, new Date());
  if (page.notices.size > 4) page.notices.delete(page.notices.keys().next().value);
  showNotices();
}

function showNotices() {
  const line = ([key, at]) => el("li", {}, `${at.toLocaleTimeString(page.language, { hour: "2-digit", minute: "2-digit" })}: ${t(key)}`);
  const lines = [...page.notices].reverse().map(line);
  show(byId("notices"), lines.length > 0 ? el("ul", { class: "plain" }, lines) : el("p", { class: "soft" }, t("noNotices")));
}

function askToLeave(ask) {
  visible(byId("leave-sure"), ask);
  visible(byId("leave-ask"), !ask);
  byId(ask ? "leave-no" : "leave").focus();
}

async function leave() {
  stopCapture();
  page.challenges?.close();
  await page.link?.leave();
  over("");
}

function over(reason) {
  stopCapture();
  page.challenges?.close();
  stage("over");
  show(byId("over-reason"), reason ? t("overReason", { reason }) : "");
  byId("over-head").focus();
}

function linkTrouble(error) {
  const unknown = ["NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED"];
  if (unknown.includes(error.code)) return trouble(t("unknown"));
  trouble(t("failed", { detail: error.message }));
}
