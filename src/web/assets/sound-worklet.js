// Gathers the microphone's sound into chunks of 100 ms of 16-bit samples, with the number of the first sample.

class Chunks extends AudioWorkletProcessor {
  constructor() {
    super();
    this.size = Math.round(sampleRate / 10);
    this.samples = new Int16Array(this.size);
    this.filled = 0;
    this.peak = 0;
    this.first = 0;
  }

  process(inputs) {
    const channels = inputs[0];
    // Without an input the microphone is gone; nothing is made up in its place.
    if (channels.length === 0) return true;
    const length = channels[0].length;
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      const value = Math.max(-1, Math.min(1, sum / channels.length));
      if (this.filled === 0) this.first = currentFrame + i;
      this.samples[this.filled++] = Math.round(value * 32767);
      this.peak = Math.max(this.peak, Math.abs(value));
      if (this.filled === this.size) {
        const bytes = this.samples.buffer;
        this.port.postMessage({ first: this.first, peak: this.peak, bytes }, [bytes]);
        this.samples = new Int16Array(this.size);
        this.filled = 0;
        this.peak = 0;
      }
    }
    return true;
  }
}

registerProcessor("chunks", Chunks);
