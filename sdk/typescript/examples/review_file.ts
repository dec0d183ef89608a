/**
 * Hands a recording in, watches its review, and saves the reports.
 *
 *     node review_file.js 127.0.0.1:50551 interview.mp4 FOLDER [--reference identity_check.mp4] [--key KEY]
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client, outcomeWords, ReportFormat, ReviewState } from "liveproof/node";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { reference: { type: "string" }, key: { type: "string" } },
});
const [address, path, folder] = positionals;
if (!address || !path || !folder) throw new Error("usage: review_file ADDRESS RECORDING FOLDER [--reference CLIP] [--key KEY]");

const client = new Client(address, values.key ? { key: values.key } : {});
const review = await client.submitReview(path, values.reference ? { reference: values.reference } : {});
const watch = client.watchReview(review.reviewId);
for await (const update of watch) {
  if (update.case === "segment") console.log(`segment ${update.index}: ${outcomeWords(update.outcome)}`);
  else if (update.mediaTotalUs > 0) console.log(`${Math.round((100 * update.mediaDoneUs) / update.mediaTotalUs)} %`);
}
const state = ReviewState[watch.review?.state ?? 0]?.toLowerCase();
console.log(`${state}: ${watch.review?.detail || `${watch.position} segments`}`);
for (const format of [ReportFormat.JSON, ReportFormat.HTML]) {
  if (!watch.review?.reports.includes(format)) continue;
  const report = await client.fetchReview(review.reviewId, format);
  const to = join(folder, report.fileName);
  writeFileSync(to, report.bytes);
  console.log(to);
}
await client.close();
