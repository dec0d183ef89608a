/**
 * Streams a recording to a server and prints what is said of it.
 *
 *     node stream_file.js 127.0.0.1:50551 interview.mp4 [--live] [--seconds N]
 */

import { parseArgs } from "node:util";
import { authenticity, type Chunk, Client, NoticeKind, outcomeWords, Recording, Standing } from "liveproof/node";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { live: { type: "boolean", default: false }, seconds: { type: "string" }, key: { type: "string" } },
});
const [address, path] = positionals;
if (!address || !path) throw new Error("usage: stream_file ADDRESS RECORDING [--live] [--seconds N] [--key KEY]");

/** At the times at which a call would bring them. */
async function* paced(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  const start = performance.now();
  for await (const chunk of chunks) {
    const early = chunk.captureTimeUs / 1_000 - (performance.now() - start);
    if (early > 0) await new Promise((done) => setTimeout(done, early));
    yield chunk;
  }
}

const recording = new Recording(path, values.seconds ? { seconds: Number(values.seconds) } : {});
const client = new Client(address, values.key ? { key: values.key } : {});
const interview = await client.interview({
  tracks: recording.tracks,
  sourcePlatform: "node file",
  overflow: values.live ? "latest" : "wait",
});
for (const signal of interview.hello.signals) {
  if (!signal.available) console.log(`${signal.signal} will not be measured: ${signal.detail}`);
}
const sending = interview.sendAll(values.live ? paced(recording) : recording, "end of the recording");
for await (const update of interview) {
  switch (update.case) {
    case "segment":
      if (update.final) console.log(`${(update.span?.startUs ?? 0) / 1e6} s: ${outcomeWords(update.outcome)}`);
      break;
    case "notice":
      console.log(`note: ${NoticeKind[update.kind]} ${update.trackId}: ${update.detail}`);
      break;
    case "resumed":
      console.log("the connection was lost and is back");
      break;
    case "summary":
      for (const person of update.participants) {
        const standing = Standing[person.verdict?.standing ?? Standing.UNSPECIFIED];
        const number = authenticity(person.outcome);
        console.log(`${person.participantId}: ${standing}; ${number ?? "no number"}; ${outcomeWords(person.outcome)}`);
      }
      for (const caution of update.cautions) console.log(`caution: ${caution}`);
  }
}
await sending;
for (const [name, { sent, dropped }] of Object.entries(interview.stats.tracks)) {
  console.log(`${name}: ${sent} sent, ${dropped} dropped`);
}
await client.close();
