/** Review jobs of the Node client against a real server over a real socket. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, isOver, LiveproofError, ReportFormat, type Review, ReviewState, ServerError } from "../src/node/index.js";
import { DEMO, HERE, MEDIA, program, Proxy, ROOT, Server } from "./support.js";

const CLIP = join(MEDIA, "vp9_opus.webm");
const folder = mkdtempSync(join(tmpdir(), "liveproof-reviews-"));
let server: Server | undefined;
let address = "";

before(async () => {
  server = await Server.start("--review-dir", join(folder, "spool"));
  address = server.address;
});
after(() => server?.stop());

const refusedWith = (code: string) => (error: unknown) => error instanceof ServerError && error.code === code;

test("a recording is handed in, watched through a cut, fetched and deleted", async () => {
  const direct = new Client(address);
  const proxy = await Proxy.to(address);
  const client = new Client(proxy.address);
  assert.ok(((await client.info()).reviews?.maxUploadBytes ?? 0) > 0);
  const taken = await client.submitReview(CLIP, { requestId: "ts-1", thumbnails: false });
  assert.ok([ReviewState.QUEUED, ReviewState.RUNNING].includes(taken.state));
  const watch = client.watchReview(taken.reviewId);
  const segments: number[] = [];
  let cuts = 0;
  let last: Review | undefined;
  for await (const update of watch) {
    if (update.case === "segment") segments.push(update.index);
    else last = update;
    if (cuts < 2) {
      cuts += 1;
      proxy.cut();
    }
  }
  assert.ok(last && isOver(last) && last.state === ReviewState.DONE);
  assert.deepEqual([segments, watch.position], [[0, 1], 2]);
  assert.ok(proxy.connections >= 3, `${proxy.connections}`);
  const report = await client.fetchReview(taken.reviewId);
  const options = ["review", "--quiet", "--no-thumbnails", "--json", join(folder, "own.json"), "--engine-models-dir", join(ROOT, "models")];
  const env = { ORT_DYLIB_PATH: join(ROOT, "vendor", "onnxruntime", "libonnxruntime.so"), ...process.env };
  execFileSync(program(), [...options, "--fail-on", "none", "vp9_opus.webm"], { cwd: MEDIA, env });
  assert.ok(report.bytes.equals(readFileSync(join(folder, "own.json"))), "as the command line writes it");
  assert.equal(report.fileName, "vp9_opus.webm.json");
  const page = await client.fetchReview(taken.reviewId, ReportFormat.HTML);
  assert.match(page.bytes.toString(), /^<!doctype html>/i);
  // The same once more is the same job, without an upload.
  assert.equal((await direct.submitReview(CLIP, { requestId: "ts-1", thumbnails: false })).reviewId, taken.reviewId);
  await client.deleteReview(taken.reviewId);
  await assert.rejects(client.fetchReview(taken.reviewId), refusedWith("NOT_FOUND"));
  await assert.rejects(direct.watchReview(taken.reviewId).finished(), refusedWith("NOT_FOUND"));
  await Promise.all([client.close(), direct.close()]);
  proxy.close();
});

test("a job is cancelled in its midst, and listed", async () => {
  const client = new Client(address);
  const { reviewId } = await client.submitReview(join(DEMO, "interview.mp4"));
  for await (const update of client.watchReview(reviewId)) if (update.case === "segment") break;
  await assert.rejects(client.fetchReview(reviewId), refusedWith("FAILED_PRECONDITION"));
  assert.equal((await client.cancelReview(reviewId)).state, ReviewState.CANCELLED);
  assert.equal((await client.watchReview(reviewId).finished()).state, ReviewState.CANCELLED);
  const listed = [];
  for await (const review of client.reviews()) listed.push(review.reviewId);
  assert.deepEqual(listed, [reviewId]);
  await client.close();
});

test("what cannot be taken is refused by name", async () => {
  const client = new Client(address);
  await assert.rejects(client.submitReview(CLIP, { evidence: true }), (error: unknown) => {
    assert.ok(error instanceof ServerError);
    assert.deepEqual([error.code, error.violations[0]?.field], ["INVALID_ARGUMENT", "spec.evidence"]);
    return true;
  });
  await assert.rejects(client.submitReview({ stored: "a.mp4" }), refusedWith("INVALID_ARGUMENT"));
  await assert.rejects(client.submitReview(join(folder, "not there.mp4")), LiveproofError);
  await client.close();
});

test("the example runs", () => {
  const said = execFileSync("node", [join(HERE, "dist", "examples", "review_file.js"), address, CLIP, folder], {
    encoding: "utf8", timeout: 120_000,
    // As an installed package would be found.
    cwd: HERE,
  });
  assert.match(said, /^done: 2 segments$/m);
  assert.match(said, /vp9_opus\.webm\.html$/m);
  assert.ok(readFileSync(join(folder, "vp9_opus.webm.json")).length > 0);
});
