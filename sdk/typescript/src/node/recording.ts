/** Recordings as tracks and chunks, read by the ffmpeg program, which has to be installed. */

import { spawn } from "node:child_process";
import { MediaError } from "../errors.js";
import type { Track } from "../tracks.js";
import { AudioFormat, VideoFormat } from "../v1.js";
import type { Chunk } from "./interview.js";

const SAMPLE_RATE_HZ = 48_000;
/** Bytes of 100 ms of 16-bit samples, one channel. */
const SOUND_BYTES = (SAMPLE_RATE_HZ / 10) * 2;
/** The protocol's shortest sound: 10 ms. */
const LEAST_SOUND_BYTES = (SAMPLE_RATE_HZ / 100) * 2;

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** How a recording is read. */
export interface RecordingOptions {
  readonly participantId?: string;
  /** Pictures a second. ffmpeg resamples the recording's own times to it, so that the n-th picture is that of n / fps. */
  readonly fps?: number;
  /** Only so much of it. */
  readonly seconds?: number;
  /** False for a recording without sound. */
  readonly sound?: boolean;
}

/** The first pictures (as JPEG) and the first sound of a file, as one participant's tracks; iterate it for the chunks. */
export class Recording implements AsyncIterable<Chunk> {
  readonly tracks: readonly Track[];
  #path: string;
  #fps: number;
  #seconds: number | undefined;
  #sound: boolean;

  constructor(path: string, { participantId = "candidate", fps = 15, seconds, sound = true }: RecordingOptions = {}) {
    this.#path = path;
    this.#fps = fps;
    this.#seconds = seconds;
    this.#sound = sound;
    // What a file says of the relation of sound and picture is not known to be true, so nothing is claimed of it.
    const common = { participantId, clockId: "recording" };
    const camera: Track = { ...common, trackId: "camera", video: { format: VideoFormat.JPEG, nominalFps: fps } };
    const microphone: Track = {
      ...common,
      trackId: "sound",
      audio: { format: AudioFormat.S16LE, sampleRateHz: SAMPLE_RATE_HZ, channels: 1 },
    };
    this.tracks = sound ? [camera, microphone] : [camera];
  }

  /** Chunks in the order of their times. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, undefined> {
    const sources = this.#sound ? [this.#pictures(), this.#samples()] : [this.#pictures()];
    const heads = await Promise.all(sources.map((source) => source.next()));
    try {
      for (;;) {
        let first = -1;
        let chunk: Chunk | undefined;
        heads.forEach((head, at) => {
          if (!head.done && (!chunk || head.value.captureTimeUs < chunk.captureTimeUs)) [first, chunk] = [at, head.value];
        });
        const source = sources[first];
        if (!chunk || !source) return;
        yield chunk;
        heads[first] = await source.next();
      }
    } finally {
      await Promise.all(sources.map((source) => source.return()));
    }
  }

  async *#pictures(): AsyncGenerator<Chunk, void, undefined> {
    const output = ["-an", "-vf", `fps=${this.#fps}`, "-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe"];
    let rest = Buffer.alloc(0);
    let count = 0;
    for await (const block of this.#ffmpeg(output)) {
      rest = Buffer.concat([rest, block]);
      for (let end = endOfJpeg(rest); end > 0; end = endOfJpeg(rest)) {
        const captureTimeUs = Math.round((count++ * 1_000_000) / this.#fps);
        yield { trackId: "camera", captureTimeUs, payload: rest.subarray(0, end) };
        rest = rest.subarray(end);
      }
    }
  }

  async *#samples(): AsyncGenerator<Chunk, void, undefined> {
    // Gaps and a late beginning become silence, so that the n-th sample is that of n / rate.
    const output = ["-vn", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", String(SAMPLE_RATE_HZ), "-f", "s16le"];
    let rest = Buffer.alloc(0);
    let taken = 0;
    const chunk = (payload: Buffer): Chunk => {
      const captureTimeUs = Math.round((taken / 2 / SAMPLE_RATE_HZ) * 1_000_000);
      taken += payload.byteLength;
      return { trackId: "sound", captureTimeUs, payload };
    };
    for await (const block of this.#ffmpeg(output)) {
      rest = Buffer.concat([rest, block]);
      for (; rest.byteLength >= SOUND_BYTES; rest = rest.subarray(SOUND_BYTES)) yield chunk(rest.subarray(0, SOUND_BYTES));
    }
    if (rest.byteLength >= LEAST_SOUND_BYTES) yield chunk(rest);
  }

  async *#ffmpeg(output: readonly string[]): AsyncGenerator<Buffer, void, undefined> {
    const limit = this.#seconds === undefined ? [] : ["-t", String(this.#seconds)];
    const program = spawn("ffmpeg", ["-v", "error", "-nostdin", "-i", this.#path, ...limit, ...output, "-"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let complaint = "";
    program.stderr.on("data", (text: Buffer) => { complaint = (complaint + text.toString()).slice(-500); });
    const ended = new Promise<number | string | null>((done) => {
      program.on("error", (error) => done(`ffmpeg cannot be run: ${error.message}`));
      program.on("close", done);
    });
    try {
      for await (const block of program.stdout) yield block as Buffer;
      const code = await ended;
      if (code !== 0) throw new MediaError(`${this.#path}: ${typeof code === "string" ? code : complaint.trim()}`);
    } finally {
      program.kill();
    }
  }
}

/**
 * Where the first whole JPEG of a stream of them ends; 0 where it has not come whole. Its end marker (FF D9) cannot stand
 * within the compressed data, in which every FF is followed by 00 or a restart marker (ITU-T T.81, B.1.1.5), nor in
 * ffmpeg's headers, which carry no thumbnail.
 */
function endOfJpeg(bytes: Buffer): number {
  const marker = bytes.indexOf(END_OF_IMAGE);
  return marker < 0 ? 0 : marker + END_OF_IMAGE.byteLength;
}
