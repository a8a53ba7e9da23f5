// Runs on the browser's sound thread: cuts the microphone into blocks, and plays
// blocks through a small buffer that takes up the jitter of the way here.

const RATE_HZ = 48000;
const BLOCK_SAMPLES = 960; // 20 ms

// Playing starts when this much waits: enough for a busy laptop's hiccups, little
// enough to fall silent within 150 ms of a press.
const START_SAMPLES = 3 * BLOCK_SAMPLES;

// More than this is old sound (a frozen tab woke up): jump to the newest.
const MOST_SAMPLES = 8 * BLOCK_SAMPLES;

// While a pause is played, a buffer longer than this gives up a block; so two
// clocks that run apart never add delay.
const PAUSE_SAMPLES = 5 * BLOCK_SAMPLES;

// Where sound stops short the last value fades within 5 ms: a step would click.
const FADE_PER_SAMPLE = 0.97;

// Changes the rate of a stream along straight lines between samples; good enough
// for speech between 44.1 and 48 kHz, and nothing at all to do at equal rates.
class Resampler {
  constructor(fromHz, toHz) {
    this.step = fromHz / toHz;
    this.position = 0;
    this.last = 0;
  }

  // Calls give(sample) for each sample of the new rate.
  push(sample, give) {
    while (this.position < 1) {
      give(this.last + (sample - this.last) * this.position);
      this.position += this.step;
    }
    this.position -= 1;
    this.last = sample;
  }
}

class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, RATE_HZ);
    this.block = new Int16Array(BLOCK_SAMPLES);
    this.filled = 0;
    this.add = (sample) => {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.block[this.filled++] = Math.round(clipped * 32767);
      if (this.filled === BLOCK_SAMPLES) {
        this.port.postMessage(this.block.buffer, [this.block.buffer]);
        this.block = new Int16Array(BLOCK_SAMPLES);
        this.filled = 0;
      }
    };
  }

  process([input]) {
    for (const sample of input[0] ?? []) {
      this.resampler.push(sample, this.add);
    }
    return true;
  }
}

class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(RATE_HZ, sampleRate);
    this.blocks = [];
    this.offset = 0; // samples of the first block that were played
    this.waiting = 0; // samples in all blocks
    this.isPlaying = false;
    this.value = 0;
    this.ready = []; // at most a few samples at the output's rate
    this.give = (sample) => this.ready.push(sample);
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take(data) {
    if (data === "flush") {
      this.blocks = [];
      this.offset = 0;
      this.waiting = 0;
      this.isPlaying = false;
      return;
    }
    const block = new Int16Array(data);
    if (this.waiting > PAUSE_SAMPLES && block.every((sample) => sample === 0)) {
      return;
    }
    this.blocks.push(block);
    this.waiting += block.length;
    if (this.waiting > MOST_SAMPLES) {
      while (this.waiting > START_SAMPLES) {
        this.waiting -= this.blocks.shift().length - this.offset;
        this.offset = 0;
      }
    }
  }

  next() {
    if (!this.isPlaying && this.waiting >= START_SAMPLES) {
      this.isPlaying = true;
    }
    if (!this.isPlaying || this.waiting === 0) {
      this.isPlaying = false;
      this.value *= FADE_PER_SAMPLE;
      return this.value;
    }
    this.value = this.blocks[0][this.offset++] / 32768;
    this.waiting -= 1;
    if (this.offset === this.blocks[0].length) {
      this.blocks.shift();
      this.offset = 0;
    }
    return this.value;
  }

  process(_inputs, [output]) {
    const channel = output[0];
    for (let index = 0; index < channel.length; index += 1) {
      while (this.ready.length === 0) {
        this.resampler.push(this.next(), this.give);
      }
      channel[index] = this.ready.shift();
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
registerProcessor("player", Player);
