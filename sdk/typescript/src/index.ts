/**
 * What both sides of the client share: results, errors, tracks, and the protocol's enumerations.
 *
 * `liveproof/node` has the client over gRPC, `liveproof/web` the one over gRPC-web for pages, and `liveproof/v1` the
 * generated messages.
 */
export * from "./errors.js";
export type { Overflow } from "./outbox.js";
export { plain, type Plain } from "./plain.js";
export {
  authenticity, type CapabilityUpdate, type ChallengeUpdate, type EventAck, type EvidenceLog, type Hello, type Info, type Notice,
  isOver, type Outcome, outcomeWords, type ParticipantSummary, type Resumed, type Review, type ReviewUpdate, type Segment,
  type Summary, type Update,
} from "./results.js";
export { DEFAULT_RETRY, pauseMs, type Retry } from "./retry.js";
export type { AudioTrack, Track, VideoTrack } from "./tracks.js";
export {
  AbstainReason, AudioFormat, CandidateChoice, ChallengeDeclineReason, ChallengeKind, ChallengeMode, ChallengeNeed, ChallengeOutcome,
  ChallengeSide, ChallengeStanding, ClockMappingSource, ColorMatrix, ColorRange, NoticeKind, ParticipantRole,
  PredictionSet, ReferenceKind, ReportFormat, ReviewState, ScreenColour, SignalConfidence, Standing, TrackKind, VideoFormat, WebState,
} from "./v1.js";
