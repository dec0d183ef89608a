// Camera and microphone of the candidate's page: pictures as JPEG, sound as 16-bit samples, on one clock.
//
// All times are microseconds of the page's clock, which runs with performance.now(). A picture's time is its
// capture time where the browser states it, else the time at which it was handed over. The sound card's clock is
// mapped by the chunks that came soonest after their last sample: a chunk can be late, never early.

const PICTURES_PER_S = 15, PICTURE_WIDTH_PX = 640, JPEG_QUALITY = 0.9;
export const SAMPLE_RATE_HZ = 48000;
// Pictures that are being compressed at once; a slow machine drops beyond, and the server sees the gap.
const MAX_ENCODING = 2;
// The sound's first chunks, while its clock is found, are left out.
const SETTLING_CHUNKS = 5;
// Chunks among which the soonest is sought: 20 s, in which two good clocks part by 2 ms at most.
const OFFSET_CHUNKS = 200;
// How fast the mapping of the clock may follow, milliseconds a chunk.
const SLEW_MS = 0.5;

// The page's clock: microseconds that go on above the latest time that the server has.
export class PageClock {
  #base_us;
  #start_ms;

  constructor(latest_us) {
    this.#base_us = latest_us > 0 ? latest_us + 1000 : 0;
    this.#start_ms = performance.now();
  }

  // Time of a performance.now(), by default the present one.
  us(ms = performance.now()) {
    return Math.round(this.#base_us + (ms - this.#start_ms) * 1000);
  }
}

// Asks for the devices; `audio` may be false. Sound is asked for unpolished: what a filter removes cannot be measured.
export function openDevices(cameraId, microphoneId, audio = true) {
  const exact = (id) => (id ? { deviceId: { exact: id } } : {});
  return navigator.mediaDevices.getUserMedia({
    video: { ...exact(cameraId), width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
    audio: audio && {
      ...exact(microphoneId), channelCount: { ideal: 1 },
      echoCancellation: true, noiseSuppression: false, autoGainControl: false,
    },
  });
}

// Cameras and microphones, with their labels where the browser tells them.
export async function listDevices() {
  const all = await navigator.mediaDevices.enumerateDevices();
  return {
    cameras: all.filter((d) => d.kind === "videoinput"),
    microphones: all.filter((d) => d.kind === "audioinput"),
  };
}

// Hands over pictures of a playing video element: `onPicture({ sequence, ms, bytes })`.
export class Pictures {
  dropped = 0;
  #video;
  #onPicture;
  #running = true;
  #due_ms = 0;
  #encoding = 0;
  #sequence;
  #canvas = document.createElement("canvas");

  constructor(video, sequence, onPicture) {
    this.#video = video;
    this.#sequence = sequence;
    this.#onPicture = onPicture;
    this.#next();
  }

  stop() {
    this.#running = false;
  }

  #next() {
    if (!this.#running) return;
    this.#video.requestVideoFrameCallback((now, frame) => {
      this.#take(now, frame);
      this.#next();
    });
  }

  #take(now, frame) {
    const ms = frame.captureTime ?? now;
    const step = 1000 / PICTURES_PER_S;
    // A third of a step early is on time: a camera of 30 pictures a second is then taken at every second one.
    if (!this.#running || ms < this.#due_ms - step / 3 || this.#video.videoWidth === 0) return;
    this.#due_ms = Math.max(this.#due_ms + step, ms + step / 2);
    if (this.#encoding >= MAX_ENCODING) {
      this.dropped++;
      this.#sequence++;
      return;
    }
    const { videoWidth, videoHeight } = this.#video;
    const scale = Math.min(1, PICTURE_WIDTH_PX / videoWidth);
    const canvas = this.#canvas;
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    canvas.getContext("2d", { alpha: false }).drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    const sequence = this.#sequence++;
    this.#encoding++;
    canvas.toBlob(async (blob) => {
      const bytes = blob && new Uint8Array(await blob.arrayBuffer());
      this.#encoding--;
      if (bytes && this.#running) this.#onPicture({ sequence, ms, bytes });
    }, "image/jpeg", JPEG_QUALITY);
  }
}

// Hands over the sound of a stream: `onChunk({ sequence, ms, bytes })`, and its level, 0 to 1: `onLevel(peak)`.
// `live` says from when on chunks are wanted; the level comes before, too.
export class Sound {
  #context;
  #offsets = [];
  #offset_ms = null;
  #last_ms = -Infinity;
  #latency_ms;
  sequence = 0;
  onChunk = null;

  static async open(stream, onLevel) {
    const context = new AudioContext({ sampleRate: SAMPLE_RATE_HZ, latencyHint: "interactive" });
    await context.audioWorklet.addModule("/assets/sound-worklet.js");
    return new Sound(context, stream, onLevel);
  }

  constructor(context, stream, onLevel) {
    this.#context = context;
    const latency_s = stream.getAudioTracks()[0]?.getSettings().latency;
    this.#latency_ms = Number.isFinite(latency_s) ? latency_s * 1000 : 0;
    const source = context.createMediaStreamSource(stream);
    const chunks = new AudioWorkletNode(context, "chunks", { numberOfOutputs: 1 });
    // Its output is silence; without a way to the destination it would not run.
    source.connect(chunks).connect(context.destination);
    chunks.port.onmessage = ({ data }) => {
      onLevel(data.peak);
      this.#take(data.first, new Uint8Array(data.bytes), performance.now());
    };
    context.resume();
  }

  close() {
    this.onChunk = null;
    this.#context.close().catch(() => {});
  }

  #take(first, bytes, arrived_ms) {
    const samples = bytes.length / 2;
    this.#offsets.push(arrived_ms - ((first + samples) / SAMPLE_RATE_HZ) * 1000);
    if (this.#offsets.length > OFFSET_CHUNKS) this.#offsets.shift();
    const soonest = Math.min(...this.#offsets);
    if (this.#offsets.length < SETTLING_CHUNKS) return;
    this.#offset_ms = this.#offset_ms === null
      ? soonest
      : this.#offset_ms + Math.max(-SLEW_MS, Math.min(SLEW_MS, soonest - this.#offset_ms));
    const ms = (first / SAMPLE_RATE_HZ) * 1000 + this.#offset_ms - this.#latency_ms;
    if (!this.onChunk || ms <= this.#last_ms) return;
    this.#last_ms = ms;
    this.onChunk({ sequence: this.sequence++, ms, bytes });
  }
}
