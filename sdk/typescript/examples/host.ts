/**
 * A host without a page: creates an interview, prints its invitation, and then what is said of it, as lines of JSON. The
 * interview is closed when its input ends.
 *
 *     node host.js http://127.0.0.1:50551 [KEY]
 */

import { Host, ServerError } from "liveproof/web";

const [origin, key] = process.argv.slice(2);
if (!origin) throw new Error("usage: host ORIGIN [KEY]");
const print = (value: object): void => console.log(JSON.stringify(value));

const host = new Host(origin, key ? { key } : {});
const { sessionId, invitation } = await host.createInterview({ title: "An interview at Example Ltd" });
print({ case: "created", sessionId, invitation: Buffer.from(invitation).toString("base64url") });
process.stdin.resume().on("end", () => {
  host.close(sessionId, "the host closed it").catch((error: Error) => {
    // The candidate has left before: the last word is on its way.
    if (error instanceof ServerError && error.code === "FAILED_PRECONDITION") return;
    console.error(error.message);
    process.exit(1);
  });
});
for await (const update of host.watch(sessionId)) print(update);
process.exit(0);
