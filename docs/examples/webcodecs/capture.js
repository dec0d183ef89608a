// Reads a camera and a microphone (or any two MediaStreamTracks) with WebCodecs and posts them to the integrator's own
// backend, one JSON message a line, in the form that `platforms::webcodecs` of the SDK takes. Nothing is sent to
// liveproof from here: the backend decides who is the candidate, holds the API key and the consent, and streams on.
//
// Needs a page from https or localhost, and MediaStreamTrackProcessor (Chromium browsers).

/// Messages wait at most this long for others before they are posted.
const BATCH_MS = 200;
/// Messages that may wait for the backend; beyond, pictures are dropped, sound never.
const MAX_WAITING = 200;
/// Pictures between two key frames: at most so many are lost when one is.
const KEY_EVERY = 50;

const epochUs = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/// Posts messages in order, one request at a time.
export class Relay {
  constructor(url) {
    this.url = url;
    this.waiting = [];
    this.dropped = 0;
    this.posting = this.pump();
  }

  send(message) {
    if (this.waiting.length >= MAX_WAITING && message.type === "encoded-video-chunk") {
      this.dropped += 1;
      return false;
    }
    this.waiting.push({ ...message, received_unix_us: epochUs() });
    return true;
  }

  async pump() {
    while (!this.closed || this.waiting.length) {
      await new Promise((next) => setTimeout(next, BATCH_MS));
      if (!this.waiting.length) continue;
      const body = this.waiting.splice(0).map((m) => JSON.stringify(m)).join("\n");
      const answer = await fetch(this.url, { method: "POST", body, headers: { "content-type": "application/x-ndjson" } });
      if (!answer.ok) throw new Error(`the backend answered ${answer.status}`);
    }
  }

  async close() {
    this.closed = true;
    await this.posting;
  }
}

// `video` and `audio` announce a track and return a function that starts it: every track has to be announced before any
// media is sent. The started track is a function that stops it.

/// Pictures of a track, encoded as VP8.
export function video(relay, participant, track) {
  const { width = 640, height = 360, frameRate = 30 } = track.getSettings();
  const config = { codec: "vp8", width, height, bitrate: 1_000_000, framerate: frameRate, latencyMode: "realtime" };
  let needKey = true;
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      const { type: chunkType, timestamp } = chunk;
      const sent = relay.send({ type: "encoded-video-chunk", participant, chunkType, timestamp, data: base64(data) });
      needKey ||= !sent;
    },
    error: (e) => console.error("encoder", e),
  });
  encoder.configure(config);
  relay.send({ type: "video-track", participant, codec: config.codec, frameRate });
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const read = async () => {
    for (let count = 0; ; count += 1) {
      const { done, value: frame } = await reader.read();
      if (done) return;
      // A busy encoder skips pictures rather than fall behind.
      if (encoder.encodeQueueSize < 3) {
        encoder.encode(frame, { keyFrame: needKey || count % KEY_EVERY === 0 });
        needKey = false;
      }
      frame.close();
    }
  };
  for (const type of ["mute", "unmute", "ended"]) {
    track.addEventListener(type, () => relay.send({ type, participant, kind: track.kind }));
  }
  return () => {
    const reading = read();
    return async () => {
      await reader.cancel();
      await reading;
      await encoder.flush();
      encoder.close();
    };
  };
}

/// Sound of a track, as 16-bit samples of one channel; resolves once its rate is known.
export async function audio(relay, participant, track) {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const first = (await reader.read()).value;
  const { sampleRate } = first;
  relay.send({ type: "audio-track", participant, format: "s16", sampleRate, numberOfChannels: 1 });
  const take = (data) => {
    // Every implementation converts to planar floats; one plane is one channel.
    const samples = new Float32Array(data.numberOfFrames);
    data.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    const whole = Int16Array.from(samples, (s) => Math.max(-1, Math.min(1, s)) * 32767);
    const { timestamp, numberOfFrames } = data;
    data.close();
    relay.send({
      type: "audio-data", participant, format: "s16", sampleRate, numberOfFrames, numberOfChannels: 1, timestamp,
      data: base64(new Uint8Array(whole.buffer)),
    });
  };
  const read = async () => {
    take(first);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  };
  return () => {
    const reading = read();
    return async () => {
      await reader.cancel();
      await reading;
    };
  };
}
