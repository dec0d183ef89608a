/** The Node client against real servers over real sockets. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  ChallengeKind, ChallengeMode, Client, type Chunk, ConnectionLost, InterviewEnded, MediaError, NoticeKind, Recording,
  type Segment, ServerError, Standing, TooLarge, VideoFormat,
} from "../src/node/index.js";
import { Kept } from "../src/kept.js";
import { chunksOf, DEMO, has, Heard, MEDIA, program, Proxy, Server, skipped } from "./support.js";

const JPEG = { trackId: "camera", video: { format: VideoFormat.JPEG } };
const ONCE = { tries: 1, firstMs: 0, longestMs: 0 };
const noFfmpeg = has("ffmpeg") ? false : skipped("TypeScript SDK: recordings", "not installed: ffmpeg");
const servers: Server[] = [];
let address = "";
let small = "";

async function serve(...options: string[]): Promise<string> {
  const server = await Server.start(...options);
  servers.push(server);
  return server.address;
}

before(async () => {
  const little = ["--server-initial-credit-bytes", String(2 << 20), "--server-max-message-bytes", String(2 << 20)];
  [address, small] = await Promise.all([serve(), serve("--server-max-sessions", "1", ...little)]);
});
after(async () => { await Promise.all(servers.map((server) => server.stop())); });

test("a server says what it is", async () => {
  const client = new Client(address);
  const info = await client.info();
  assert.equal(info.limits?.initialCreditBytes, 32 << 20);
  assert.ok(info.signals.some((signal) => signal.name === "lip_sync"));
  assert.ok(info.limits?.videoFormats.includes(VideoFormat.H264_AVCC));
  await client.close();
});

test("a recording is assessed", { skip: noFfmpeg }, async () => {
  const recording = new Recording(join(MEDIA, "vp9_opus.webm"));
  const client = new Client(address);
  const interview = await client.interview({ tracks: recording.tracks, consentId: "c-1" });
  assert.ok(!("resumeToken" in interview.hello) && interview.hello.resumeGraceMs > 0, "the token is not for logs");
  const heard = new Heard(interview);
  const question = { case: "questionEnd", value: { questionId: "q1" } } as const;
  assert.equal(await interview.sendEvent(1_000_000, question), 1);
  await interview.sendAll(recording, "over");
  await heard.end;
  assert.deepEqual(heard.finals.map((s) => [s.index, s.participantId]), [[0, "candidate"], [1, "candidate"]]);
  for (const segment of heard.finals) {
    assert.ok((segment.quality?.facePresence ?? 0) > 0.9);
    // Too short to be measured: that is no number, and says why.
    assert.equal(segment.outcome?.case, "noScore");
    assert.ok(segment.findings.every((f) => f.outcome?.case === "abstained" && f.outcome.detail));
  }
  assert.deepEqual(heard.of("ack").map((ack) => [ack.eventId, ack.accepted]), [[1, true]]);
  const { partial, consentId, participants, cautions } = heard.summary;
  assert.deepEqual([partial, consentId, participants[0]?.verdict?.standing], [false, "c-1", Standing.INCONCLUSIVE]);
  assert.ok(cautions.length > 0);
  const { camera, sound } = interview.stats.tracks;
  assert.deepEqual([camera?.sent, camera?.dropped, sound?.sent, sound?.dropped], [90, 0, 60, 0]);
  await client.close();
});

test("a recording that cannot be read is said to be so", { skip: noFfmpeg }, async () => {
  for (const name of ["text.mp4", "not there.mp4"]) {
    await assert.rejects(chunksOf(new Recording(join(MEDIA, name))), MediaError);
  }
});

test("what cannot be used is refused with the field", async () => {
  const client = new Client(address);
  for (const [track, field] of [
    [{ trackId: "camera", video: { format: VideoFormat.JPEG, rotationDeg: 45 } }, "rotation_deg"],
    [{ trackId: "camera", video: {} }, "format"],
    [{ trackId: "sound", audio: { sampleRateHz: 7, channels: 1, format: 1 } }, "sample_rate_hz"],
  ] as const) {
    await assert.rejects(client.interview({ tracks: [track] }), (error) => {
      assert.ok(error instanceof ServerError);
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.ok(error.violations.some((v) => v.field.includes(field) && v.description), error.message);
      return !error.shouldRetry;
    });
  }
  const interview = await client.interview({ tracks: [JPEG] });
  const heard = new Heard(interview);
  const payload = Buffer.from("no picture");
  await assert.rejects(interview.send({ trackId: "screen", captureTimeUs: 0, payload }), MediaError);
  await assert.rejects(interview.send({ trackId: "camera", captureTimeUs: 0.5, payload }), MediaError);
  await assert.rejects(interview.send({ trackId: "camera", captureTimeUs: 0, payload: Buffer.alloc(40 << 20) }), TooLarge);
  // Not refused here, but by the server, which tells.
  await interview.send({ trackId: "camera", captureTimeUs: 0, payload });
  await interview.sendEvent(1_000, { case: "mute", value: { participantId: "nobody", muted: true } });
  interview.close();
  await heard.end;
  assert.equal(heard.of("notice").find((n) => n.kind === NoticeKind.DECODE_FAILED)?.trackId, "camera");
  const [ack] = heard.of("ack");
  assert.equal(ack?.accepted, false);
  assert.match(ack?.detail ?? "", /participant/);
  await client.close();
});

test("a server that ends an interview is heard, whatever is being sent", async () => {
  const client = new Client(address);
  for (let round = 0; round < 5; round++) {
    const tracks = [{ trackId: "sound", audio: { format: 1, sampleRateHz: 48_000, channels: 1 } }];
    const interview = await client.interview({ tracks });
    const heard = new Heard(interview);
    function* odd(): Generator<Chunk> {
      for (let n = 0; n < 100_000; n++) yield { trackId: "sound", captureTimeUs: n * 20_000, payload: Buffer.from("odd") };
    }
    await assert.rejects(interview.sendAll(odd()), InterviewEnded);
    await assert.rejects(heard.end, /INVALID_ARGUMENT: \d+ chunks were refused/);
    assert.ok(heard.summary.partial);
  }
  await client.close();
});

test("nobody listens", async () => {
  const client = new Client("127.0.0.1:1", { retry: { tries: 2, firstMs: 10, longestMs: 10 } });
  await assert.rejects(client.info(), (error) => error instanceof ServerError && error.shouldRetry);
  await client.close();
});

test("a full server is tried again after its hint", async () => {
  const client = new Client(small, { retry: ONCE });
  const first = await client.interview({ tracks: [JPEG] });
  let hint = 0;
  await assert.rejects(client.interview({ tracks: [JPEG] }), (error) => {
    assert.ok(error instanceof ServerError);
    hint = error.retryAfterMs ?? 0;
    return error.code === "RESOURCE_EXHAUSTED" && hint > 0;
  });
  const patient = new Client(small, { retry: { tries: 20, firstMs: 100, longestMs: 200 } });
  const since = performance.now();
  const second = patient.interview({ tracks: [JPEG] });
  await new Promise((done) => setTimeout(done, 200));
  await first.finish();
  await (await second).finish();
  assert.ok(performance.now() - since >= hint);
  await client.close();
  await patient.close();
});

test("credit is heeded, and what does not fit is dropped and counted", async () => {
  // Two megabytes of credit are six raw pictures; they come far faster than they are looked at.
  const [width, height] = [640, 360];
  const payload = Buffer.alloc((width * height * 3) / 2, 128);
  const tracks = [{ trackId: "camera", video: { format: VideoFormat.I420, width, height, nominalFps: 25 } }];
  const client = new Client(small);
  for (const overflow of ["wait", "latest"] as const) {
    const interview = await client.interview({ tracks, overflow });
    const heard = new Heard(interview);
    for (let n = 0; n < 75; n++) {
      await interview.send({ trackId: "camera", captureTimeUs: n * 40_000, payload, layout: { width, height } });
      await interview.sendEvent(n * 40_000, { case: "activeSpeaker", value: { participantId: "candidate" } });
    }
    interview.close();
    await heard.end;
    const { sent = 0, dropped = 0 } = interview.stats.tracks["camera"] ?? {};
    assert.equal(sent + dropped, 75);
    const ids = heard.of("ack").map((ack) => ack.accepted && ack.eventId);
    assert.deepEqual(ids, Array.from({ length: 75 }, (_, n) => n + 1), "events are never dropped");
    // A client that heeds its credit is never dropped from.
    assert.equal(heard.summary.record?.chunksDropped, 0);
    assert.equal(heard.finals.reduce((sum, s) => sum + (s.coverage?.framesSeen ?? 0), 0), sent);
    const lost = heard.of("notice").filter((notice) => notice.kind === NoticeKind.MEDIA_LOST);
    if (overflow === "wait") assert.deepEqual([dropped, lost], [0, []]);
    else assert.ok(dropped > 0 && lost.length > 0, "the server sees what was left out");
  }
  await client.close();
});

/** An interview of the demo's first seconds; `cut` hears the number of each chunk before it is sent. */
async function interviewThrough(to: string, chunks: readonly Chunk[], cut: (number: number) => void) {
  const client = new Client(to);
  const { tracks } = new Recording("");
  const interview = await client.interview({ tracks });
  const heard = new Heard(interview);
  for (const [number, chunk] of chunks.entries()) {
    cut(number);
    await interview.send(chunk);
    if (number % 8 === 0) {
      await interview.sendEvent(chunk.captureTimeUs, { case: "activeSpeaker", value: { participantId: "candidate" } });
    }
    await new Promise((done) => setTimeout(done, 10));
  }
  interview.close("over");
  await heard.end;
  await client.close();
  return { heard, stats: interview.stats };
}

test("an interview outlives its connection with nothing lost or twice", { skip: noFfmpeg }, async () => {
  const chunks = await chunksOf(new Recording(join(DEMO, "interview.mp4"), { seconds: 7 }));
  const whole = await interviewThrough(address, chunks, () => {});
  const proxy = await Proxy.to(address);
  const cuts = [40, 80, 130];
  const broken = await interviewThrough(proxy.address, chunks, (number) => { if (cuts.includes(number)) proxy.cut(); });
  proxy.close();
  assert.ok(broken.stats.resumed >= 3 && proxy.connections >= 4, `${broken.stats.resumed}, ${proxy.connections}`);
  assert.equal(broken.heard.of("resumed").length, broken.stats.resumed);
  assert.deepEqual(broken.heard.finals.map((s) => s.index), [0, 1, 2]);
  const events = Math.ceil(chunks.length / 8);
  assert.deepEqual(broken.heard.of("ack").map((a) => a.accepted && a.eventId), Array.from({ length: events }, (_, n) => n + 1));
  const bad = [NoticeKind.MEDIA_LOST, NoticeKind.MEDIA_REFUSED];
  assert.deepEqual(broken.heard.of("notice").filter((n) => bad.includes(n.kind)), []);
  const records = [whole, broken].map(({ heard }) => heard.summary.record);
  assert.ok((records[1]?.resumed ?? 0) >= 3);
  const comparable = ({ times: _, revision: __, ...rest }: Segment) => rest;
  // On a machine that cannot keep up, what is left out under load may differ; on any other, nothing does.
  if (records.every((record) => record?.highestLoadStep === 0)) {
    assert.deepEqual(broken.heard.finals.map(comparable), whole.heard.finals.map(comparable));
  }
});

test("a server that is gone for good is told", async () => {
  const proxy = await Proxy.to(await serve("--server-resume-grace-s", "1"));
  const client = new Client(proxy.address);
  const interview = await client.interview({ tracks: [JPEG] });
  const heard = new Heard(interview);
  proxy.close();
  await assert.rejects(heard.end, (e) => e instanceof ConnectionLost && /not resumed within 1 s/.test(e.message));
  await assert.rejects(interview.send({ trackId: "camera", captureTimeUs: 0, payload: Buffer.of(1) }), InterviewEnded);
  await interview.stop();
  await client.close();
});

test("a client that is closed ends its interviews", async () => {
  const client = new Client(address);
  const interview = await client.interview({ tracks: [JPEG] });
  const heard = new Heard(interview);
  const since = performance.now();
  await client.close();
  await heard.end;
  assert.ok(performance.now() - since < 5_000);
  await assert.rejects(interview.sendEvent(0, { case: "mute", value: { participantId: "candidate", muted: true } }), InterviewEnded);
  await assert.rejects(client.info(), /closed/);
});

test("a fault of this package is told and not waited out", async (t) => {
  const client = new Client(address);
  const interview = await client.interview({ tracks: [JPEG] });
  t.mock.method(Kept.prototype, "next", () => { throw new RangeError("a fault"); });
  const heard = new Heard(interview);
  interview.close();
  await assert.rejects(heard.end, /a fault/);
  t.mock.restoreAll();
  await client.close();
});

test("a challenge runs its course", { skip: noFfmpeg }, async () => {
  const pictures = await chunksOf(new Recording(join(DEMO, "hand_pass.mp4"), { sound: false }));
  const client = new Client(address);
  const interview = await client.interview({ tracks: [JPEG] });
  const heard = new Heard(interview);
  for (const picture of pictures.slice(0, 15)) await interview.send(picture);
  const wish = await interview.issueChallenge({ kind: ChallengeKind.HAND_PASS });
  const issued = await heard.challenge("issued");
  assert.deepEqual([issued.requestId, issued.state.kind], [wish, ChallengeKind.HAND_PASS]);
  assert.match(issued.state.texts?.reason ?? "", /not counted against you/);
  assert.deepEqual([issued.state.nonce.length, issued.state.record?.mac.length], [16, 32]);
  const shownUs = issued.state.issuedUs + (issued.state.parameters?.delayMs ?? 0) * 1_000;
  await interview.challengeShown(issued.challengeId, shownUs, { uncertaintyMs: 40 });
  for (const picture of pictures.slice(15)) await interview.send(picture);
  const open = await heard.challenge("open");
  assert.deepEqual([open.state.attempt, open.state.shownUs], [1, shownUs]);
  await interview.declineChallenge(issued.challengeId, { words: "rather not" });
  assert.ok((await heard.challenge("concluded")).state.words);
  interview.close();
  await heard.end;
  const [result, ...others] = heard.summary.participants[0]?.challenges ?? [];
  assert.deepEqual([result?.kind, result?.llr, others], [ChallengeKind.HAND_PASS, undefined, []]);
  await client.close();
});

test("no challenge where the policy says so", async () => {
  const client = new Client(address);
  const interview = await client.interview({ tracks: [JPEG], challenges: { mode: ChallengeMode.OFF } });
  const heard = new Heard(interview);
  await interview.issueChallenge();
  assert.match((await heard.challenge("refused")).state.detail, /^issue_challenge/);
  await interview.stop();
  await client.close();
});

test("key and certificate are required", { skip: has("openssl") ? false : skipped("TypeScript SDK: TLS", "not installed: openssl") }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "liveproof-door-"));
  const at = (name: string): string => join(folder, name);
  const openssl = (...options: string[]): void => {
    const done = spawnSync("openssl", options, { cwd: folder, encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
  };
  const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  // rustls wants leaf certificates of version 3 that are no authorities.
  for (const side of ["server", "client"]) {
    openssl("req", "-x509", ...fresh, "-subj", `/CN=${side} authority`, "-keyout", `${side}-ca.key`, "-out", `${side}-ca.pem`);
    openssl("req", ...fresh, "-subj", `/CN=${side}`, "-keyout", `${side}.key`, "-out", `${side}.csr`);
    writeFileSync(at("extensions"), "basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n");
    openssl("x509", "-req", "-in", `${side}.csr`, "-CA", `${side}-ca.pem`, "-CAkey", `${side}-ca.key`, "-CAcreateserial",
      "-days", "2", "-extfile", "extensions", "-out", `${side}.pem`);
  }
  const made = spawnSync(program(), ["keys", "new", "--tenant", "acme"], { encoding: "utf8" }).stdout;
  const [key] = /^lp_\w+$/m.exec(made) ?? [];
  writeFileSync(at("keys.toml"), made.slice(made.indexOf("[[tenant]]")));
  const guarded = await serve("--server-tls-cert-file", at("server.pem"), "--server-tls-key-file", at("server.key"),
    "--server-tls-client-ca-file", at("client-ca.pem"), "--server-keys-file", at("keys.toml"));
  const to = `https://localhost:${guarded.split(":")[1]}`;
  const read = (name: string): Buffer => readFileSync(at(name));
  const authority = { certificateAuthority: read("server-ca.pem") };
  const tls = { ...authority, certificate: read("client.pem"), privateKey: read("client.key") };
  const ask = async (options: ConstructorParameters<typeof Client>[1]): Promise<string> => {
    const client = new Client(to, { retry: ONCE, ...options });
    try {
      const interview = await client.interview({ tracks: [JPEG] });
      await interview.finish();
      return (await client.info()).version ? "in" : "";
    } catch (error) {
      return error instanceof ServerError ? error.code : String(error);
    } finally {
      await client.close();
    }
  };
  assert.ok(key);
  assert.equal(await ask({ key, tls }), "in");
  assert.equal(await ask({ tls }), "UNAUTHENTICATED");
  assert.equal(await ask({ key: `lp_${"0".repeat(64)}`, tls }), "UNAUTHENTICATED");
  // No certificate of our own, and a server that is not believed.
  assert.equal(await ask({ key, tls: authority }), "UNAVAILABLE");
  assert.equal(await ask({ key, tls: { ...tls, certificateAuthority: read("client-ca.pem") } }), "UNAVAILABLE");
});
