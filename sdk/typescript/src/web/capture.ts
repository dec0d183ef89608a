/**
 * Pictures and sound in a page: JPEG of a playing video element, and 16-bit samples of a stream, on one clock.
 *
 * All times are microseconds of `Clock`, which runs with `performance.now()`. A picture's time is its capture time where
 * the browser states it, else the time at which it was shown. Sound is stamped by the chunks that came soonest after their
 * last sample, since a chunk can be late and never early.
 */

import { AudioFormat, ClockMappingSource, VideoFormat } from "../v1.js";
import type { Track } from "../tracks.js";
import type { CandidateChunk } from "./candidate.js";

/** How much is captured. */
export interface CaptureOptions {
  readonly picturesPerS?: number;
  /** Pictures wider than that are made smaller. */
  readonly widthPx?: number;
  /** JPEG quality, 0 to 1. */
  readonly quality?: number;
}

const SAMPLE_RATE_HZ = 48_000;
/** Pictures that are being compressed at once; a slow machine drops beyond. */
const MAX_ENCODING = 2;
/** Chunks among which the one that came soonest is sought: 20 s of them, in which two good clocks part by 2 ms at most. */
const SOONEST_OF = 200;
/** The first chunks, while that is found, are left out. */
const SETTLING_CHUNKS = 5;
/** How fast the sound's time may follow, milliseconds a chunk. */
const SLEW_MS = 0.5;

/** Microseconds that go on above the latest time that the server has. */
export class Clock {
  #baseUs: number;
  #startMs = performance.now();

  constructor(latestUs = 0) {
    this.#baseUs = latestUs > 0 ? latestUs + 1_000 : 0;
  }

  /** Time of a `performance.now()`, by default the present one. */
  us(ms = performance.now()): number {
    return Math.round(this.#baseUs + (ms - this.#startMs) * 1_000);
  }
}

type Sink = (chunk: CandidateChunk) => void;

/** Hands over pictures of a playing video element. */
export class Camera {
  /** Pictures that were not compressed, since the machine was too slow. */
  dropped = 0;
  #running = true;
  #encoding = 0;
  #dueMs = 0;
  #canvas = document.createElement("canvas");

  /** The track to announce. */
  static track({ picturesPerS = 15 }: CaptureOptions = {}): Track {
    return {
      trackId: "camera", clockId: "page", clockMapping: ClockMappingSource.ESTIMATED,
      video: { format: VideoFormat.JPEG, nominalFps: picturesPerS },
    };
  }

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly clock: Clock,
    private readonly sink: Sink,
    private readonly options: CaptureOptions = {},
  ) {
    this.#next();
  }

  stop(): void {
    this.#running = false;
  }

  #next(): void {
    if (!this.#running) return;
    this.video.requestVideoFrameCallback((now, frame) => {
      this.#take(frame.captureTime ?? now);
      this.#next();
    });
  }

  #take(ms: number): void {
    const { picturesPerS = 15, widthPx = 640, quality = 0.9 } = this.options;
    const { videoWidth, videoHeight } = this.video;
    const step = 1_000 / picturesPerS;
    // A third of a step early is on time: of 30 pictures a second every other one is then taken.
    if (!this.#running || videoWidth === 0 || ms < this.#dueMs - step / 3) return;
    this.#dueMs = Math.max(this.#dueMs + step, ms + step / 2);
    if (this.#encoding >= MAX_ENCODING) {
      this.dropped += 1;
      return;
    }
    const scale = Math.min(1, widthPx / videoWidth);
    const canvas = this.#canvas;
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    canvas.getContext("2d", { alpha: false })?.drawImage(this.video, 0, 0, canvas.width, canvas.height);
    const captureTimeUs = this.clock.us(ms);
    this.#encoding += 1;
    canvas.toBlob((blob) => {
      void blob?.arrayBuffer().then((bytes) => {
        if (this.#running) this.sink({ trackId: "camera", captureTimeUs, payload: new Uint8Array(bytes) });
      });
      this.#encoding -= 1;
    }, "image/jpeg", quality);
  }
}

/** Hands over the sound of a stream. */
export class Microphone {
  #context: AudioContext;
  #offsets: number[] = [];
  #offsetMs: number | undefined;
  #lastUs = -Infinity;

  /** The track to announce. */
  static track(): Track {
    return {
      trackId: "microphone", clockId: "page", clockMapping: ClockMappingSource.ESTIMATED,
      audio: { format: AudioFormat.S16LE, sampleRateHz: SAMPLE_RATE_HZ, channels: 1 },
    };
  }

  /** `worklet`: address of a file that holds `WORKLET`, for pages whose policy allows no `blob:`. */
  static async open(stream: MediaStream, clock: Clock, sink: Sink, worklet?: string): Promise<Microphone> {
    const context = new AudioContext({ sampleRate: SAMPLE_RATE_HZ, latencyHint: "interactive" });
    const own = worklet ? undefined : URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
    await context.audioWorklet.addModule(worklet ?? own ?? "");
    if (own) URL.revokeObjectURL(own);
    return new Microphone(context, stream, clock, sink);
  }

  private constructor(context: AudioContext, stream: MediaStream, clock: Clock, sink: Sink) {
    this.#context = context;
    const chunks = new AudioWorkletNode(context, "liveproof-chunks", { numberOfOutputs: 1 });
    // Its output is silence; without a way to the destination it would not run.
    context.createMediaStreamSource(stream).connect(chunks).connect(context.destination);
    chunks.port.onmessage = ({ data }: MessageEvent<{ first: number; bytes: ArrayBuffer }>) => {
      this.#take(data.first, new Uint8Array(data.bytes), clock, sink);
    };
    void context.resume();
  }

  stop(): void {
    void this.#context.close().catch(() => {});
  }

  #take(first: number, payload: Uint8Array, clock: Clock, sink: Sink): void {
    const endMs = ((first + payload.length / 2) / SAMPLE_RATE_HZ) * 1_000;
    this.#offsets.push(performance.now() - endMs);
    if (this.#offsets.length > SOONEST_OF) this.#offsets.shift();
    if (this.#offsets.length < SETTLING_CHUNKS) return;
    const soonest = Math.min(...this.#offsets);
    const step = Math.max(-SLEW_MS, Math.min(SLEW_MS, soonest - (this.#offsetMs ?? soonest)));
    this.#offsetMs = (this.#offsetMs ?? soonest) + step;
    const captureTimeUs = clock.us((first / SAMPLE_RATE_HZ) * 1_000 + this.#offsetMs);
    if (captureTimeUs <= this.#lastUs) return;
    this.#lastUs = captureTimeUs;
    sink({ trackId: "microphone", captureTimeUs, payload });
  }
}

/** Gathers sound into chunks of 100 ms of 16-bit samples, with the number of the first sample. */
export const WORKLET = `
class Chunks extends AudioWorkletProcessor {
  samples = new Int16Array(sampleRate / 10);
  filled = 0;
  first = 0;
  process([channels]) {
    // Without an input the sound is gone; nothing is made up in its place.
    for (let i = 0; i < (channels[0]?.length ?? 0); i++) {
      if (this.filled === 0) this.first = currentFrame + i;
      const mean = channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length;
      this.samples[this.filled++] = Math.round(Math.max(-1, Math.min(1, mean)) * 32767);
      if (this.filled === this.samples.length) {
        const bytes = this.samples.buffer;
        this.port.postMessage({ first: this.first, bytes }, [bytes]);
        this.samples = new Int16Array(sampleRate / 10);
        this.filled = 0;
      }
    }
    return true;
  }
}
registerProcessor("liveproof-chunks", Chunks);
`;
