/**
 * The client for pages, over gRPC-web: interviews whose candidate takes part from a browser.
 *
 * A page can neither stream requests nor keep an API key. So a host creates an interview and hands the candidate an
 * invitation; `Candidate` joins with it and sends, `Host` watches and leads. Both run in Node 18 and later, too.
 */
export * from "../index.js";
export { Candidate, type CandidateChunk, type CandidateUpdate, type JoinOptions } from "./candidate.js";
export { Camera, type CaptureOptions, Clock, Microphone, WORKLET } from "./capture.js";
export { Host, type HostOptions, type WatchUpdate } from "./host.js";
export type { WebOptions } from "./rpc.js";
