/** What needs no server. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { serverError } from "../src/errors.js";
import {
  AbstainReason, authenticity, InterviewEnded, outcomeWords, pauseMs, plain, Standing, VideoFormat,
} from "../src/index.js";
import { Kept, MOST_WORDS, type Request } from "../src/kept.js";
import { bearer, targetOf } from "../src/node/access.js";
import { Lane, Outbox } from "../src/outbox.js";
import { Queue } from "../src/queue.js";
import { laneKind, participantsOf, trackMessage } from "../src/tracks.js";
import { ChallengeResultSchema, ParticipantSummarySchema, SegmentResultSchema } from "../src/v1.js";
import { HERE } from "./support.js";

const media = (sequence: number, bytes: number, trackId = "v"): Request =>
  ({ data: new Uint8Array(1), media: { bytes, trackId, sequence } });
const event = (eventId: number): Request => ({ data: new Uint8Array(2), eventId });
const wish: Request = { data: new Uint8Array(3) };

function rest(kept: Kept): Request[] {
  const found = [];
  for (let next = kept.next(); next; next = kept.next()) found.push(next);
  return found;
}

test("what arrived is let go and the rest is sent again", () => {
  const kept = new Kept();
  for (const request of [media(0, 10), event(1), media(1, 20), event(2), media(2, 30)]) kept.push(request);
  assert.equal(rest(kept).length, 5);
  kept.granted(10);
  kept.acknowledged(1);
  assert.equal(kept.size, 3);
  kept.push(media(3, 40));
  // The server had taken one chunk more than it had granted, and the second event.
  const at = { tracks: [{ trackId: "v", sequence: 1 }], latestEventId: 2, creditBytes: 80, closed: false };
  assert.equal(kept.resume(at, 100), 70);
  assert.deepEqual(rest(kept).map((r) => r.media?.sequence), [2, 3]);
  // What the server held comes back first.
  for (const [granted, left] of [[20, 2], [30, 1], [40, 0]] as const) {
    kept.granted(granted);
    assert.equal(kept.size, left);
  }
});

test("what has no number has arrived when something after it has", () => {
  const kept = new Kept();
  for (const request of [wish, media(0, 10), wish]) kept.push(request);
  rest(kept);
  kept.granted(10);
  assert.equal(kept.size, 1, "the last may not have got through");
  kept.resume({ tracks: [], creditBytes: 100, closed: false }, 100);
  assert.deepEqual(rest(kept), [wish]);
  kept.resume({ tracks: [], creditBytes: 100, closed: true }, 100);
  assert.deepEqual(rest(kept), [], "nothing is sent again to an interview that was closed");
});

test("words that are under way are bounded", () => {
  const kept = new Kept();
  for (let n = 0; n < MOST_WORDS; n++) {
    assert.ok(kept.hasRoomForWords);
    kept.push(event(n));
  }
  assert.ok(!kept.hasRoomForWords);
  rest(kept);
  kept.acknowledged(0);
  assert.ok(kept.hasRoomForWords);
});

const waiting = (us: number, keyframe = true, trackId = "v") =>
  ({ request: media(us, 10, trackId), captureTimeUs: us, keyframe });

function sequences(lane: Lane): (number | undefined)[] {
  const found = [];
  while (lane.head) found.push(lane.take()?.media?.sequence);
  return found;
}

test("the latest pictures stay", () => {
  const lane = new Lane("picture");
  for (let n = 0; n < 20; n++) lane.putLatest(waiting(n * 100_000));
  assert.equal(lane.dropped, 16);
  assert.deepEqual(sequences(lane), [1_600_000, 1_700_000, 1_800_000, 1_900_000]);
});

test("compressed pictures are left out up to a keyframe", () => {
  const often = new Lane("packet");
  for (let n = 0; n < 14; n++) often.putLatest(waiting(n * 100_000, n % 10 === 0));
  assert.equal(often.dropped, 10);
  assert.equal(sequences(often)[0], 1_000_000);
  const rare = new Lane("packet");
  for (let n = 0; n < 30; n++) rare.putLatest(waiting(n * 100_000, n === 0 || n === 25));
  assert.equal(rare.dropped, 25);
  assert.deepEqual(sequences(rare), [25, 26, 27, 28, 29].map((n) => n * 100_000));
});

test("sound goes before pictures and words before both", async () => {
  const [pictures, sound] = [new Lane("picture"), new Lane("sound")];
  const outbox = new Outbox(new Map([["v", pictures], ["a", sound]]), "latest", 1_000);
  await outbox.putMedia(pictures, waiting(1));
  await outbox.putMedia(sound, waiting(1, true, "a"));
  await outbox.putWords(event(1));
  outbox.close(wish);
  const order = [];
  for (let next = outbox.take(15, true); next; next = outbox.take(15, true)) order.push(next.media?.trackId ?? next.eventId);
  assert.deepEqual(order, [1, "a", "v", undefined]);
  assert.ok(outbox.finished);
  await assert.rejects(outbox.putWords(event(2)), InterviewEnded);
});

test("a server that is behind gets sound and no pictures", () => {
  // A megabyte a second: of 32 of credit, six may be under way.
  const [pictures, sound] = [new Lane("picture"), new Lane("sound")];
  const outbox = new Outbox(new Map([["v", pictures], ["a", sound]]), "latest", 32_000_000);
  for (let us = 0; us <= 3_000_000; us += 100_000) {
    for (const [lane, id] of [[pictures, "v"], [sound, "a"]] as const) {
      lane.putLatest({ request: media(us, 50_000, id), captureTimeUs: us, keyframe: true });
    }
    while (us < 3_000_000 && outbox.take(us < 900_000 ? 20_000_000 : 32_000_000, true));
  }
  const behind = 32_000_000 - 6_500_000;
  assert.equal(outbox.take(behind, true)?.media?.trackId, "a");
  assert.equal(outbox.take(behind, true), undefined);
  assert.equal(outbox.take(32_000_000 - 5_500_000, true)?.media?.trackId, "v");
});

test("a sender waits for credit and ends with the interview", async () => {
  const lane = new Lane("picture");
  const outbox = new Outbox(new Map([["v", lane]]), "wait", 1_000);
  const first = outbox.putMedia(lane, waiting(1));
  assert.equal(outbox.take(9, true), undefined, "10 bytes do not fit into 9");
  assert.ok(outbox.take(10, true));
  await first;
  const second = outbox.putMedia(lane, waiting(2));
  outbox.end();
  await assert.rejects(second, InterviewEnded);
  assert.equal(lane.dropped, 1);
});

test("updates wait for their reader, and an error comes once", async () => {
  const queue = new Queue<number>();
  let pushed = 0;
  const pushing = (async () => {
    for (; pushed < 300; pushed++) await queue.push(pushed);
    queue.end(new Error("over"));
  })();
  await new Promise((done) => setTimeout(done, 5));
  assert.equal(pushed, 256);
  for (let n = 0; n < 300; n++) assert.equal(await queue.next(), n);
  await pushing;
  await assert.rejects(queue.next(), /over/);
  assert.equal(await queue.next(), undefined);
});

test("pauses grow, have full jitter and heed the hint", () => {
  const retry = { tries: 5, firstMs: 500, longestMs: 4_000 };
  for (const [failed, longest] of [[1, 500], [2, 1_000], [3, 2_000], [4, 4_000], [5, 4_000], [1_000, 4_000]] as const) {
    const pauses = Array.from({ length: 300 }, () => pauseMs(retry, failed));
    assert.ok(Math.min(...pauses) < longest * 0.1);
    assert.ok(Math.max(...pauses) > longest * 0.9 && Math.max(...pauses) <= longest);
  }
  const hinted = pauseMs(retry, 1, 7_000);
  assert.ok(hinted >= 7_000 && hinted <= 7_500);
});

test("a status becomes a typed error with its details", () => {
  const any = (type: string, value: Uint8Array): Uint8Array =>
    new BinaryWriter().tag(1, 2).string(`type.googleapis.com/google.rpc.${type}`).tag(2, 2).bytes(value).finish();
  const violation = new BinaryWriter().tag(1, 2).string("a.b").tag(2, 2).string("found 1").finish();
  const delay = new BinaryWriter().tag(1, 0).int64(2).tag(2, 0).int32(500_000_000).finish();
  const status = new BinaryWriter().tag(1, 0).int32(3)
    .tag(3, 2).bytes(any("BadRequest", new BinaryWriter().tag(1, 2).bytes(violation).finish()))
    .tag(3, 2).bytes(any("RetryInfo", new BinaryWriter().tag(1, 2).bytes(delay).finish()))
    .finish();
  const error = serverError(8, "words", status);
  assert.deepEqual(error.violations, [{ field: "a.b", description: "found 1" }]);
  assert.deepEqual([error.code, error.retryAfterMs, error.shouldRetry], ["RESOURCE_EXHAUSTED", 2_500, true]);
  assert.ok(!serverError(3, "words").shouldRetry);
  assert.equal(serverError(99, "words", Uint8Array.of(255, 255, 255)).code, "UNKNOWN");
});

test("what is not known is never a number", () => {
  const segment = plain(create(SegmentResultSchema, { final: true, span: { startUs: 5n, endUs: 7n } }));
  assert.equal(segment.outcome, undefined);
  assert.equal(authenticity(segment.outcome), undefined);
  assert.match(outcomeWords(segment.outcome), /^no score: /);
  assert.deepEqual(segment.span, { startUs: 5, endUs: 7 });
  assert.throws(() => { (segment as { final: boolean }).final = false; }, TypeError);
  const person = plain(create(ParticipantSummarySchema, {
    outcome: { case: "noScore", value: { reason: AbstainReason.NO_FACE, detail: "no face" } },
    verdict: { standing: Standing.INCONCLUSIVE },
  }));
  assert.equal(outcomeWords(person.outcome), "no score: no face");
  assert.equal(authenticity(person.outcome), undefined);
  // Absent is undefined, and not 0.
  const result = plain(create(ChallengeResultSchema));
  assert.deepEqual([result.status, result.llr, result.onsetUs], [undefined, undefined, undefined]);
});

test("addresses, keys and tracks", () => {
  assert.deepEqual(targetOf("127.0.0.1:1", undefined), ["127.0.0.1:1", undefined]);
  assert.deepEqual(targetOf("http://a:1/", undefined), ["a:1", undefined]);
  assert.deepEqual(targetOf("https://a", undefined), ["a:443", {}]);
  assert.equal(targetOf("https://[::1]:9", undefined)[0], "[::1]:9");
  for (const bad of ["ftp://a", "http://a"]) assert.throws(() => targetOf(bad, {}), /address/);
  assert.equal(bearer("lp_1\n"), "Bearer lp_1");
  assert.throws(() => bearer("a\nb"), /key/);
  const camera = { trackId: "c", video: { format: VideoFormat.H264_ANNEX_B } };
  assert.equal(laneKind(camera), "packet");
  assert.equal(laneKind({ ...camera, video: { format: VideoFormat.I420 } }), "picture");
  assert.equal(trackMessage(camera).details.case, "video");
  const two = [camera, { trackId: "a", participantId: "other", audio: {} }];
  assert.throws(() => participantsOf(two, undefined), /participants: the tracks belong to candidate, other/);
});

test("the generated modules are up to date", () => {
  const out = mkdtempSync(join(tmpdir(), "liveproof-gen-"));
  const made = spawnSync("./generate", [out], { cwd: HERE, encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  const folder = ["liveproof", "v1"];
  const names = readdirSync(join(out, ...folder)).sort();
  const gen = join(HERE, "src", "gen");
  assert.deepEqual(readdirSync(join(gen, ...folder)).sort(), names);
  for (const name of names) {
    const [fresh, kept] = [out, gen].map((base) => readFileSync(join(base, ...folder, name), "utf8"));
    assert.equal(kept, fresh, `${name}: npm run generate`);
  }
});
