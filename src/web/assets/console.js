// The host's console: creates an interview, watches it, acts on it.
//
// The key and the candidate's invitation live in this page's memory alone. The address holds the interview's id,
// so that a page that was loaded again can go on watching.

import { RpcError, Service, loadProtocol } from "./rpc.js";
import { Interview, stateWords } from "./console-interview.js";
import { byId, el, show, sleep, themeButton, visible } from "./dom.js";
import { buttons, cards } from "./console-challenges.js";
import { capabilities, notices, now } from "./console-live.js";
import { lanes } from "./lanes.js";
import { details, summary } from "./console-summary.js";
import { bare, clock } from "./words.js";

// Tells what this page asks for from what it asked for before it was loaded again.
const LOADED = Date.now().toString(36);
// What the lanes show of a running interview.
const WINDOW_US = 120e6;
const FIRST_PAUSE_MS = 500, LONGEST_PAUSE_MS = 8000;

const page = {
  key: "", service: null, id: "", interview: new Interview(), whole: false, question: null, questions: [],
  requests: 0, due: false, drawn: {},
};

begin().catch((error) => trouble(error.message));

async function begin() {
  themeButton(byId("theme"));
  const protocol = await loadProtocol();
  page.service = new Service(protocol, "liveproof.v1.WebService", () => (page.key ? { authorization: `Bearer ${page.key}` } : {}));
  byId("create-form").addEventListener("submit", (event) => {
    event.preventDefault();
    create();
  });
  byId("copy").onclick = copyLink;
  byId("question").onclick = question;
  byId("end").onclick = () => askToEnd(true);
  byId("end-no").onclick = () => askToEnd(false);
  byId("end-yes").onclick = end;
  byId("zoom").onclick = zoom;
  const id = decodeURIComponent(location.hash.slice(1));
  if (/^[A-Za-z0-9._:-]{1,128}$/.test(id)) return watch(id);
  visible(byId("create"), true);
}

async function create() {
  const button = byId("create-button");
  button.disabled = true;
  visible(byId("create-trouble"), false);
  page.key = byId("key").value.trim();
  // A page that was loaded again knows its interview, and lacked only the key.
  if (page.id) {
    button.disabled = false;
    return watch(page.id);
  }
  const title = byId("interview-title").value.trim();
  const challenge_policy = {
    mode: byId("policy-mode").value,
    locale: byId("policy-locale").value,
    accessible_only: byId("policy-accessible").checked,
  };
  try {
    const made = await page.service.unary("CreateInterview", { title, challenge_policy });
    invite(made, title);
    await watch(made.session_id);
  } catch (error) {
    refused(error);
  } finally {
    button.disabled = false;
  }
}

// What the server did not take: without a key that it wants, the key is asked for.
function refused(error) {
  const wantsKey = error.code === "UNAUTHENTICATED";
  visible(byId("create"), true);
  if (wantsKey) {
    const first = byId("key-field").hidden;
    visible(byId("key-field"), true);
    byId("key").focus();
    show(byId("create-trouble"), first ? "This server wants an API key." : "The server does not accept this key.");
  } else {
    show(byId("create-trouble"), `The server refused: ${error.message}`);
  }
  visible(byId("create-trouble"), true);
}

function invite(made, title) {
  const text = btoa(String.fromCharCode(...made.invitation)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  byId("invite-link").value = `${location.origin}/join#${text}`;
  show(byId("title"), title || "Interview");
  const minutes = Math.round(made.join_within_s / 60);
  if (minutes > 0) byId("invite-words").append(` It can be used for the next ${minutes === 1 ? "minute" : `${minutes} minutes`}.`);
  visible(byId("invite"), true);
}

async function copyLink() {
  const link = byId("invite-link");
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    show(byId("copy"), "Copied");
  } catch {
    // Without permission the text is at least selected.
    show(byId("copy"), "Selected");
  }
  setTimeout(() => show(byId("copy"), "Copy"), 2000);
}

// Watches until the interview is over; a lost connection is opened again.
async function watch(id) {
  page.id = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    try {
      for await (const message of page.service.stream("Watch", { session_id: id })) {
        watching();
        pause = FIRST_PAUSE_MS;
        page.interview.take(message);
        draw();
      }
      if (page.interview.ended || page.interview.summary) return;
    } catch (error) {
      if (page.interview.summary) return;
      if (error.code === "UNAUTHENTICATED") return refused(error);
      if (error.code === "NOT_FOUND") return trouble("The server knows no such interview of yours (any more).");
      if (!(error instanceof RpcError) || !error.passing) return trouble(error.message);
    }
    show(byId("state-text"), "The server cannot be reached; trying again");
    byId("bar").dataset.state = "AWAY";
    await sleep(pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
}

function watching() {
  visible(byId("create"), false);
  visible(byId("bar"), true);
  visible(byId("live"), true);
  if (byId("title").textContent === "A new interview") show(byId("title"), "Interview");
  show(byId("meta"), `session ${page.id}`);
}

function trouble(text) {
  show(byId("trouble-text"), text);
  visible(byId("trouble"), true);
}

async function command(what) {
  visible(byId("command-trouble"), false);
  try {
    return await page.service.unary("Command", { session_id: page.id, ...what });
  } catch (error) {
    show(byId("command-trouble"), `That was not taken: ${error.message}`);
    visible(byId("command-trouble"), true);
    return null;
  }
}

async function question() {
  const button = byId("question");
  button.disabled = true;
  const running = page.question;
  const question_id = running?.id ?? `q${page.questions.length + 1}-${LOADED}`;
  const done = await command(running ? { question_end: { question_id } } : { question_start: { question_id } });
  button.disabled = false;
  if (!done) return;
  if (running) {
    running.end_us = done.time_us;
    page.question = null;
  } else {
    page.question = { id: question_id, number: page.questions.length + 1, start_us: done.time_us };
    page.questions.push(page.question);
  }
  show(button, page.question ? `Question ${page.question.number} has ended` : "A question begins");
  draw();
}

async function issue(kind) {
  page.requests += 1;
  await command({ issue_challenge: { request_id: `console-${page.requests}-${LOADED}`, ...(kind ? { kind } : {}) } });
}

async function cancel(challenge_id) {
  await command({ cancel_challenge: { challenge_id, reason: "CHALLENGE_DECLINE_REASON_CANCELLED" } });
}

function askToEnd(ask) {
  visible(byId("end-sure"), ask);
  byId(ask ? "end-no" : "end").focus();
}

async function end() {
  visible(byId("end-sure"), false);
  byId("end").disabled = true;
  if (!(await command({ close: { reason: "ended by the host" } }))) byId("end").disabled = false;
}

function zoom() {
  page.whole = !page.whole;
  byId("zoom").setAttribute("aria-pressed", page.whole);
  draw();
}

// Draws once per frame at most, however many messages come.
function draw() {
  if (page.due) return;
  page.due = true;
  // A hidden page gets no frames; the timer is for it.
  const go = () => {
    if (!page.due) return;
    page.due = false;
    render();
  };
  requestAnimationFrame(go);
  setTimeout(go, 500);
}

// Replaces a part of the page only where what it shows has changed, so that focus and open details stay.
function part(id, key, make) {
  if (page.drawn[id] === key) return;
  page.drawn[id] = key;
  const body = byId(id);
  const open = [...body.querySelectorAll("details")].map((d) => d.open);
  show(body, make());
  body.querySelectorAll("details").forEach((d, i) => { d.open = open[i] ?? false; });
}

function render() {
  const { interview } = page;
  const over = interview.ended || Boolean(interview.summary);
  byId("bar").dataset.state = bare(interview.state, "WEB_STATE_");
  show(byId("state-text"), stateWords(interview.state));
  show(byId("session-time"), interview.hello ? clock(interview.now_us) : "");
  byId("question").disabled = over || interview.state !== "WEB_STATE_JOINED";
  visible(byId("acts"), !over);
  if (over) visible(byId("end-sure"), false);
  if (interview.state !== "WEB_STATE_WAITING" && interview.state !== "WEB_STATE_UNSPECIFIED") visible(byId("invite"), false);
  visible(byId("ask"), !over);
  byId("live").classList.toggle("over", over);
  const line = interview.line();
  const latest = line.at(-1);
  part("now-body", `${line.length} ${latest?.revision} ${latest?.final} ${Boolean(interview.hello)} ${over}`, () => now(interview));
  const busy = Boolean(interview.pending());
  part("ask-body", `${Boolean(interview.hello)} ${busy} ${interview.state} ${interview.refusals.length}`, () => buttons(interview, issue));
  const challenges = [...interview.challenges.values()];
  visible(byId("challenges"), challenges.length > 0);
  part("challenges-body", challenges.map((c) => `${c.id} ${c.state} ${c.open?.attempt} ${over}`).join(), () => cards(interview, over ? null : cancel));
  visible(byId("notices"), interview.notices.length > 0);
  part("notices-body", interview.notices.map((n) => `${n.time_us} ${n.count}`).join(), () => notices(interview));
  visible(byId("capabilities"), interview.signals.length > 0 && !interview.summary);
  part("capabilities-body", JSON.stringify(interview.signals), () => capabilities(interview));
  renderLanes(line, over);
  if (interview.summary) {
    visible(byId("summary"), true);
    visible(byId("now"), false);
    part("summary", "summary", () => summary(interview));
    visible(byId("summary-more"), true);
    part("summary-more", "summary", () => details(interview));
  }
}

function renderLanes(line, over) {
  const { interview } = page;
  visible(byId("over-time"), line.length > 0);
  if (line.length === 0) return;
  const whole = page.whole || over;
  visible(byId("zoom"), !over && interview.now_us > WINDOW_US);
  const to_us = whole ? interview.now_us : Math.max(interview.now_us, WINDOW_US);
  const from_us = whole ? 0 : to_us - WINDOW_US;
  part("lanes", `${line.map((s) => s.revision).join("")} ${from_us} ${to_us} ${page.questions.length} ${page.question?.id}`, () =>
    lanes({ segments: line, names: interview.names(), prior: interview.hello?.prior, questions: page.questions, from_us, to_us }));
}
