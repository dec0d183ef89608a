/**
 * What the server says, as plain values.
 *
 * A result holds a `score` or a `noScore`, told apart by `outcome.case`; it is undefined where a later server says what
 * this version does not know. Nothing stands for a number where nothing was measured. Log-likelihood ratios are natural
 * logarithms, positive = manipulated. An assessment is for a person to weigh, and no finding about anybody's conduct.
 */

import { type Plain, plain } from "./plain.js";
import type * as v1 from "./v1.js";
import { ReviewState } from "./v1.js";

/** What a server is. */
export type Info = Plain<v1.GetInfoResponse>;
/**
 * The server's greeting: what it takes, and which signals can run on the announced tracks. The resume token is left out:
 * it is a secret, and the client keeps it.
 */
export type Hello = Omit<Plain<v1.Hello>, "resumeToken">;
/** The assessment of one participant over one segment, provisional or final. */
export type Segment = Plain<v1.SegmentResult>;
/** Something about the material. Never evidence. */
export type Notice = Plain<v1.QualityNotice>;
/** The answer to a control event. */
export type EventAck = Plain<v1.EventAck>;
/** What the signals can do turned out otherwise. */
export type CapabilityUpdate = Plain<v1.CapabilityUpdate>;
/** What becomes of a challenge; `state.case` is issued, refused, open, reprompt or concluded. */
export type ChallengeUpdate = Plain<v1.ChallengeUpdate>;
/** The connection was lost, and the interview goes on on another one; nothing is to be done. */
export type Resumed = Plain<v1.Resumed>;
/** Closes an interview. */
export type Summary = Plain<v1.SessionSummary>;
/** The log that the server keeps of an interview (docs/evidence.md); who keeps its head can tell changes later. */
export type EvidenceLog = Plain<v1.EvidenceLog>;
/** The assessment of one participant over the whole session. */
export type ParticipantSummary = Plain<v1.ParticipantSummary>;
/** A number, or why there is none. */
export type Outcome = Segment["outcome"] | ParticipantSummary["outcome"];

/** A review job as it was when the server said so. */
export type Review = Plain<v1.Review>;

/** What a watched job says, told apart by `case`: where it stands, and final segments. */
export type ReviewUpdate = ({ readonly case: "review" } & Review) | ({ readonly case: "segment" } & Segment);

/** True once nothing more comes of a job. */
export function isOver(review: Review): boolean {
  return [ReviewState.DONE, ReviewState.FAILED, ReviewState.CANCELLED].includes(review.state);
}

/** What comes of an interview, told apart by `case`. */
export type Update =
  | ({ readonly case: "segment" } & Segment)
  | ({ readonly case: "notice" } & Notice)
  | ({ readonly case: "ack" } & EventAck)
  | ({ readonly case: "capabilities" } & CapabilityUpdate)
  | ({ readonly case: "challenge" } & ChallengeUpdate)
  | ({ readonly case: "resumed" } & Resumed)
  | ({ readonly case: "summary" } & Summary);

/** 1 - P(manipulated) at the stated prior; undefined where there is no number, which is no good news. */
export function authenticity(outcome: Outcome): number | undefined {
  return outcome?.case === "score" ? outcome.authenticity : undefined;
}

/** An outcome in words. */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome?.case) {
    case "score":
      return `authenticity ${outcome.authenticity.toFixed(3)}, evidence ${outcome.evidenceLogit.toFixed(2)}`;
    case "noScore":
      return `no score: ${outcome.detail}`;
    default:
      return "no score: the server states no outcome that this version knows";
  }
}

/** A greeting without its secret. */
export function helloOf(message: v1.Hello): Hello {
  const { resumeToken: _, ...hello } = plain(message);
  return Object.freeze(hello);
}
