/** What is printed for people to copy works as printed, with the package as it is packed. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DEMO, has, HERE, MEDIA, Server, skipped } from "./support.js";

const skip = has("ffmpeg") ? false : skipped("TypeScript SDK: quick start", "not installed: ffmpeg");
let server: Server | undefined;
let folder = "";

function run(program: string, ...options: string[]): string {
  return execFileSync(program, options, { cwd: folder, encoding: "utf8", timeout: 120_000 });
}

before(async () => {
  if (skip) return;
  server = await Server.start();
  folder = mkdtempSync(join(tmpdir(), "liveproof-pack-"));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: HERE });
  run("tar", "-xzf", "liveproof-0.1.0.tgz");
  // Beside it lies what it depends on, as npm would put it.
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(HERE, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(HERE, "node_modules", name), join(modules, name));
  }
  cpSync(join(folder, "package"), join(modules, "liveproof"), { recursive: true });
});
after(() => server?.stop());

test("the package is whole, and holds nothing else", { skip }, () => {
  const files = run("tar", "-tzf", "liveproof-0.1.0.tgz").trim().split("\n").map((name) => name.replace("package/", ""));
  for (const name of ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "dist/src/node/index.js", "dist/src/web/index.d.ts"]) {
    assert.ok(files.includes(name), name);
  }
  assert.deepEqual(files.filter((name) => /test|example|node_modules|\.ts$(?<!\.d\.ts)/.test(name)), []);
});

test("the quick start runs as printed", { skip }, () => {
  const readme = readFileSync(join(HERE, "README.md"), "utf8");
  const section = readme.split("## Quick start")[1]?.split("\n## ")[0] ?? "";
  const programs = [...section.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? "");
  assert.equal(programs.length, 1);
  assert.ok((programs[0] ?? "").split("\n").filter((line) => line.trim()).length <= 20);
  assert.match(section, /node quickstart\.mjs 127\.0\.0\.1:50551 testdata\/demo\/interview\.mp4/);
  writeFileSync(join(folder, "quickstart.mjs"), programs[0] ?? "");
  // Of the recording it names, the first seconds do.
  const said = run("node", "quickstart.mjs", server?.address ?? "", join(MEDIA, "vp9_opus.webm"));
  const lines = said.trim().split("\n");
  assert.deepEqual(lines.map((line) => line.split(":")[0]), ["segment 0", "segment 1", "candidate"]);
  assert.match(lines[2] ?? "", /^candidate: INCONCLUSIVE, no score: ./);
});

test("a file is streamed", { skip }, () => {
  cpSync(join(HERE, "dist", "examples", "stream_file.js"), join(folder, "stream_file.mjs"));
  const said = run("node", "stream_file.mjs", server?.address ?? "", join(DEMO, "interview.mp4"), "--live", "--seconds", "4");
  assert.match(said, /^voice_spoof will not be measured: /m);
  assert.match(said, /^camera: \d+ sent, \d+ dropped$/m);
  assert.match(said, /^caution: /m);
  // The face is drawn, and judged by nothing.
  assert.match(said, /^0 s: no score: /m);
});
