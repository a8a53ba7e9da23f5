// Rings: sound, vibration, the title of the tab, a badge on the icon.

// Two notes of a marimba, then one lower: friendly, and heard by older ears too.
const NOTES = [
  { at: 0, hz: 659 },
  { at: 0.18, hz: 784 },
  { at: 0.36, hz: 659 },
  { at: 0.7, hz: 523 },
];
const EVERY_MS = 2400;

// The tone of the Dutch telephone while it rings at the other side (ITU-T E.180).
const BACK_HZ = 425;
const BACK_ON_S = 1;
const BACK_EVERY_MS = 5000;

const VIBRATION = [400, 150, 400, 150, 600];
const TITLE_MS = 1000;

export class Ringer {
  onState = () => {};
  #context = null;
  #timers = [];
  #round = 0;
  #title = null;

  constructor() {
    // Browsers allow sound only once the page was touched or a key pressed.
    for (const kind of ["pointerup", "keyup"]) {
      addEventListener(kind, () => this.#unlock(), { capture: true, passive: true });
    }
  }

  get canSound() {
    return this.#context?.state === "running";
  }

  async #unlock() {
    if (!this.canSound) {
      this.#context ??= new AudioContext();
      await this.#context.resume();
      this.onState();
    }
  }

  start(title) {
    this.stop();
    this.#round = 0;
    this.#repeat(() => this.#ring(), EVERY_MS);
    this.#title = document.title;
    let isShown = false;
    this.#repeat(() => {
      isShown = !isShown;
      document.title = isShown ? title : this.#title;
    }, TITLE_MS);
    navigator.setAppBadge?.(1).catch(() => {});
  }

  startBack() {
    this.stop();
    this.#repeat(() => this.#tone(BACK_HZ, 0, BACK_ON_S, 0.04, "sine"), BACK_EVERY_MS);
  }

  // Once, to hear whether it can be heard.
  async try() {
    await this.#unlock();
    this.#round = 3;
    this.#ring();
  }

  stop() {
    this.#timers.splice(0).forEach(clearInterval);
    this.#vibrate(0);
    if (this.#title !== null) {
      document.title = this.#title;
      this.#title = null;
      navigator.clearAppBadge?.().catch(() => {});
    }
  }

  #repeat(work, everyMs) {
    work();
    this.#timers.push(setInterval(work, everyMs));
  }

  #ring() {
    // Grows over the first rounds, so that it startles nobody.
    const loudness = Math.min(0.5, 0.12 * (this.#round + 1));
    this.#round += 1;
    for (const { at, hz } of NOTES) {
      this.#tone(hz, at, 0.5, loudness, "triangle");
    }
    this.#vibrate(VIBRATION);
  }

  // As sound: only once the page was touched; before, browsers complain of it.
  #vibrate(pattern) {
    if (navigator.userActivation?.hasBeenActive) {
      navigator.vibrate?.(pattern);
    }
  }

  #tone(hz, at, seconds, loudness, type) {
    const context = this.#context;
    if (!this.canSound) {
      return;
    }
    const start = context.currentTime + at;
    const tone = new OscillatorNode(context, { type, frequency: hz });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.linearRampToValueAtTime(loudness, start + 0.01);
    if (type === "sine") {
      volume.gain.setValueAtTime(loudness, start + seconds - 0.02);
      volume.gain.linearRampToValueAtTime(0, start + seconds);
    } else {
      volume.gain.exponentialRampToValueAtTime(0.001, start + seconds);
    }
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + seconds);
  }
}
