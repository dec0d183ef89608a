/** The client for pages, over gRPC-web, against a real server: in Node, whose fetch is that of browsers. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  AudioFormat, Candidate, type CandidateUpdate, ChallengeKind, Host, InterviewEnded, ServerError, VideoFormat,
  type WatchUpdate, WebState,
} from "../src/web/index.js";
import { MEDIA, program, Proxy, Server } from "./support.js";

const STILL = readFileSync(join(MEDIA, "face.jpg"));
const TRACKS = [
  { trackId: "camera", clockId: "page", video: { format: VideoFormat.JPEG, nominalFps: 15 } },
  { trackId: "microphone", clockId: "page", audio: { format: AudioFormat.S16LE, sampleRateHz: 48_000, channels: 1 } },
];
const servers: Server[] = [];
let address = "";

async function serve(...options: string[]): Promise<string> {
  const server = await Server.start(...options);
  servers.push(server);
  return server.address;
}

before(async () => { address = await serve(); });
after(async () => { await Promise.all(servers.map((server) => server.stop())); });

/** Keeps what comes out of something, and tells when something came. */
class Log<T> {
  readonly said: T[] = [];
  readonly end: Promise<void>;
  #news: (() => void)[] = [];

  constructor(source: AsyncIterable<T>) {
    this.end = (async () => {
      for await (const one of source) {
        this.said.push(one);
        for (const done of this.#news.splice(0)) done();
      }
    })();
    this.end.catch(() => {});
  }

  async until<S extends T>(fits: (one: T) => one is S): Promise<S> {
    for (;;) {
      const found = this.said.find(fits);
      if (found) return found;
      await new Promise<void>((done) => this.#news.push(done));
    }
  }
}

const inState = (state: WebState) => (u: WatchUpdate): u is WatchUpdate => u.case === "state" && u.state === state;

/** Sends so many seconds of a face and of silence, at twice its pace; `meanwhile` hears the number of each picture. */
async function take(candidate: Candidate, seconds: number, meanwhile: (n: number) => void = () => {}): Promise<void> {
  for (let n = 0; n < seconds * 15; n++) {
    meanwhile(n);
    const captureTimeUs = candidate.welcome.latestUs + Math.round((n * 1_000_000) / 15);
    candidate.send({ trackId: "camera", captureTimeUs, payload: STILL });
    if (n % 3 === 0) candidate.send({ trackId: "microphone", captureTimeUs, payload: new Uint8Array(19_200) });
    await new Promise((done) => setTimeout(done, 33));
  }
}

test("a candidate joins and is watched", async () => {
  const host = new Host(`http://${address}`);
  const { sessionId, invitation, joinWithinS } = await host.createInterview({ title: "Interview at Example Ltd" });
  assert.ok(joinWithinS > 0);
  const watched = new Log(host.watch(sessionId));
  await watched.until(inState(WebState.WAITING));
  const candidate = await Candidate.join(`http://${address}`, invitation, { tracks: TRACKS, consentId: "page v1" });
  assert.equal(candidate.welcome.title, "Interview at Example Ltd");
  const told = new Log(candidate);
  await watched.until(inState(WebState.JOINED));
  const hello = await watched.until((u): u is Extract<WatchUpdate, { case: "hello" }> => u.case === "hello");
  assert.ok(hello.signals.some((signal) => signal.signal === "face_swap"));

  const sending = take(candidate, 4);
  await new Promise((done) => setTimeout(done, 600));
  assert.ok((await host.questionEnd(sessionId, "q1")) > 0);
  await host.issueChallenge(sessionId, { kind: ChallengeKind.HAND_PASS });
  const asked = await told.until((u): u is Extract<CandidateUpdate, { case: "challenge" }> => u.case === "challenge");
  assert.equal(asked.state?.case, "issued");
  candidate.declineChallenge(asked.challengeId, { words: "rather not" });
  await watched.until((u): u is WatchUpdate => u.case === "challenge" && u.state?.case === "concluded");
  await sending;
  await new Promise((done) => setTimeout(done, 400));
  await host.close(sessionId, "over");
  await Promise.all([told.end, watched.end]);

  const finals = watched.said.flatMap((u) => (u.case === "segment" && u.final ? [u] : []));
  assert.deepEqual(finals.map((segment) => segment.index), [0, 1]);
  const seen = finals.reduce((sum, segment) => sum + (segment.coverage?.framesSeen ?? 0), 0);
  const { camera } = candidate.stats;
  assert.deepEqual([camera?.sent, camera?.dropped, seen], [60, 0, 60]);
  const [summary] = watched.said.flatMap((u) => (u.case === "summary" ? [u] : []));
  assert.equal(summary?.consentId, "page v1");
  assert.ok(watched.said.some((u) => u.case === "ack" && u.accepted));
  assert.ok(watched.said.some(inState(WebState.ENDED)));
  // The candidate is told nothing of any assessment.
  assert.deepEqual([...new Set(told.said.map((u) => u.case))].sort(), ["challenge", "goodbye", "link"]);
  assert.equal(told.said.at(-1)?.case, "goodbye");
  assert.throws(() => candidate.send({ trackId: "camera", captureTimeUs: 0, payload: STILL }), InterviewEnded);
});

test("a connection that is lost is replaced, on both sides, with nothing lost or twice", async () => {
  const proxy = await Proxy.to(address);
  const host = new Host(`http://${proxy.address}`, { retry: { tries: 20, firstMs: 50, longestMs: 200 } });
  const { sessionId, invitation } = await host.createInterview();
  const watched = new Log(host.watch(sessionId));
  const candidate = await Candidate.join(`http://${proxy.address}`, invitation, { tracks: TRACKS, consentId: "c" });
  const told = new Log(candidate);
  await take(candidate, 4, (n) => { if (n === 20) proxy.cut(); });
  await new Promise((done) => setTimeout(done, 800));
  await host.close(sessionId);
  await Promise.all([told.end, watched.end]);
  proxy.close();
  const links = told.said.flatMap((u) => (u.case === "link" ? [u.connected] : []));
  assert.deepEqual(links.slice(0, 3), [true, false, true]);
  const finals = watched.said.flatMap((u) => (u.case === "segment" && u.final ? [u] : []));
  assert.deepEqual(finals.map((segment) => segment.index), [0, 1]);
  assert.equal(watched.said.filter((u) => u.case === "hello").length, 1);
  // Pictures that waited for the new connection for more than 0.3 s made room; every other one arrived, once.
  const { sent = 0, dropped = 0 } = candidate.stats["camera"] ?? {};
  assert.equal(sent + dropped, 60);
  assert.equal(finals.reduce((sum, segment) => sum + (segment.coverage?.framesSeen ?? 0), 0), sent);
});

test("who was not invited does not join", async () => {
  const refused = Candidate.join(`http://${address}`, new Uint8Array(32), { tracks: TRACKS, consentId: "c" });
  await assert.rejects(refused, (error) => error instanceof ServerError && error.code === "NOT_FOUND");
  const host = new Host(`http://${address}`);
  const watching = new Log(host.watch("nobody-knows-it"));
  await assert.rejects(watching.end, (error) => error instanceof ServerError && error.code === "NOT_FOUND");
  const { invitation } = await host.createInterview();
  const silent = Candidate.join(`http://${address}`, invitation, { tracks: TRACKS, consentId: "" });
  await assert.rejects(silent, (error) => error instanceof ServerError && error.code === "INVALID_ARGUMENT" && error.violations[0]?.field === "consent_id");
});

test("a host needs a key where keys are asked for, and a candidate none", async () => {
  const made = spawnSync(program(), ["keys", "new", "--tenant", "acme"], { encoding: "utf8" }).stdout;
  const [key = ""] = /^lp_\w+$/m.exec(made) ?? [];
  const file = join(mkdtempSync(join(tmpdir(), "liveproof-keys-")), "keys.toml");
  writeFileSync(file, made.slice(made.indexOf("[[tenant]]")));
  const origin = `http://${await serve("--server-keys-file", file)}`;
  const refused = new Host(origin).createInterview();
  await assert.rejects(refused, (error) => error instanceof ServerError && error.code === "UNAUTHENTICATED");
  const host = new Host(origin, { key });
  const { sessionId, invitation } = await host.createInterview();
  const candidate = await Candidate.join(origin, invitation, { tracks: TRACKS, consentId: "c" });
  const told = new Log(candidate);
  await host.close(sessionId);
  await told.end;
  const gone = new Host("http://127.0.0.1:1", { retry: { tries: 1, firstMs: 0, longestMs: 0 } }).createInterview();
  await assert.rejects(gone, (error) => error instanceof ServerError && error.code === "UNAVAILABLE");
});
