/** Who is in the call, and which tracks they send, as a program says it. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { LiveproofError } from "./errors.js";
import {
  AudioTrackSchema, ClockMappingSource, ParticipantRole, ParticipantSchema, TrackKind, TrackSchema, VideoFormat,
  VideoTrackSchema, type Participant, type Track as TrackMessage,
} from "./v1.js";
import type { LaneKind } from "./outbox.js";

interface Common {
  /** Unique within the interview, 1 to 128 characters. */
  readonly trackId: string;
  /** Which participant sends it; `candidate` where nothing is said. */
  readonly participantId?: string;
  /** Tracks with the same clock id share one clock. */
  readonly clockId?: string;
  /** How sure the sender is of the clock against the other tracks'; unknown where nothing is said. */
  readonly clockMapping?: ClockMappingSource;
}

/** A track of pictures; the protocol's `VideoTrack` says more of each field. */
export interface VideoTrack extends Common {
  readonly video: MessageInitShape<typeof VideoTrackSchema>;
  /** Pictures of the participant on the same camera at a verified moment; no part of the interview. */
  readonly reference?: boolean;
}

/** A track of sound; the protocol's `AudioTrack` says more of each field. */
export interface AudioTrack extends Common {
  readonly audio: MessageInitShape<typeof AudioTrackSchema>;
}

/** One stream of pictures or sound of one participant. */
export type Track = VideoTrack | AudioTrack;

const RAW = new Set([
  VideoFormat.I420, VideoFormat.NV12, VideoFormat.RGB24, VideoFormat.BGR24, VideoFormat.RGBA, VideoFormat.BGRA,
  VideoFormat.GRAY8, VideoFormat.I420A, VideoFormat.I422, VideoFormat.I444, VideoFormat.I010, VideoFormat.ARGB,
  VideoFormat.ABGR,
]);
const STILLS = new Set([VideoFormat.JPEG, VideoFormat.PNG, VideoFormat.WEBP]);

/** How media of the track is treated where it must wait. */
export function laneKind(track: Track): LaneKind {
  if ("audio" in track) return "sound";
  const format = track.video.format ?? VideoFormat.UNSPECIFIED;
  return RAW.has(format) || STILLS.has(format) ? "picture" : "packet";
}

/** The track as the protocol has it. */
export function trackMessage(track: Track): TrackMessage {
  const common = {
    trackId: track.trackId,
    participantId: track.participantId ?? "candidate",
    clockId: track.clockId ?? "",
    clockMapping: track.clockMapping ?? ClockMappingSource.UNKNOWN,
  };
  if ("audio" in track) {
    const value = create(AudioTrackSchema, track.audio);
    return create(TrackSchema, { ...common, kind: TrackKind.AUDIO, details: { case: "audio", value } });
  }
  const value = create(VideoTrackSchema, track.video);
  const reference = track.reference ?? false;
  return create(TrackSchema, { ...common, reference, kind: TrackKind.VIDEO, details: { case: "video", value } });
}

/** The participants as given; without any, the one whose tracks these are, as the candidate. */
export function participantsOf(
  tracks: readonly Track[],
  given: readonly MessageInitShape<typeof ParticipantSchema>[] | undefined,
): Participant[] {
  if (given) return given.map((one) => create(ParticipantSchema, one));
  const ids = [...new Set(tracks.map((track) => track.participantId ?? "candidate"))];
  if (ids.length !== 1) {
    throw new LiveproofError(
      `participants: the tracks belong to ${ids.join(", ") || "nobody"}; expected one participant, or a list that says who is what`,
    );
  }
  return [create(ParticipantSchema, { participantId: ids[0] ?? "", role: ParticipantRole.CANDIDATE })];
}
