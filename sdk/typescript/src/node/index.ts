/** The client for Node, over gRPC. */
export * from "../index.js";
export type { Tls } from "./access.js";
export { Client, type ClientOptions, type InterviewOptions } from "./client.js";
export { type Chunk, type EventInit, Interview, type Stats, type TrackStats } from "./interview.js";
export { Recording, type RecordingOptions } from "./recording.js";
export { type Report, type ReviewJobOptions, type ReviewRecording, ReviewWatch } from "./reviews.js";
