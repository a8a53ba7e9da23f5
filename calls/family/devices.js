// Camera and microphone of this telephone or computer.

const KEPT = "praatpaal-devices";

const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const VIDEO = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
};

// What the browser says when it gives nothing, in our words.
const TROUBLES = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "taken",
  AbortError: "taken",
};

function trouble(error) {
  return TROUBLES[error?.name] ?? "failed";
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

export class Devices {
  // Something changed: a camera was pulled out, another one was chosen.
  onChange = () => {};
  audio = null;
  video = null;
  // "refused", "missing", "taken", "failed" or null.
  audioTrouble = null;
  videoTrouble = null;
  // Towards the user or away; only for telephones, which have both.
  #facing = "user";
  #count = 0;

  constructor() {
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#recount());
  }

  get canSwitchCamera() {
    return this.#count > 1;
  }

  // Whether the own picture is shown as in a mirror.
  get isMirrored() {
    return this.#facing === "user";
  }

  // Both, or what there is of them. Asks the user where the browser wants it.
  async open({ camera = true } = {}) {
    this.close();
    if (!navigator.mediaDevices?.getUserMedia) {
      this.audioTrouble = this.videoTrouble = "failed";
      return;
    }
    const opening = (this.#opening = {});
    let stream = null;
    if (camera) {
      stream = await this.#ask({ audio: this.#audioWish(), video: this.#videoWish() });
    }
    if (!stream) {
      // One of them is not to be had: the other one by itself.
      stream = await this.#ask({ audio: this.#audioWish() }, "audioTrouble");
      if (stream && camera && opening === this.#opening) {
        const picture = await this.#ask({ video: this.#videoWish() }, "videoTrouble");
        picture?.getTracks().forEach((track) => stream.addTrack(track));
      }
    }
    if (opening !== this.#opening) {
      // Closed while the user was asked.
      stream?.getTracks().forEach((track) => track.stop());
      return;
    }
    this.#take(stream?.getAudioTracks()[0] ?? null, stream?.getVideoTracks()[0] ?? null);
    await this.#recount();
  }

  #opening = null;

  #audioWish() {
    const { audio } = kept();
    return audio ? { ...AUDIO, deviceId: { ideal: audio } } : AUDIO;
  }

  #videoWish() {
    const { video } = kept();
    return video && this.#facing === "user"
      ? { ...VIDEO, deviceId: { ideal: video } }
      : { ...VIDEO, facingMode: this.#facing };
  }

  async #ask(wish, troubled) {
    try {
      return await navigator.mediaDevices.getUserMedia(wish);
    } catch (error) {
      if (troubled) {
        console.info("no device:", error.name);
        this[troubled] = trouble(error);
      }
      return null;
    }
  }

  #take(audio, video) {
    this.audio = audio;
    this.video = video;
    if (audio) {
      audio.onended = () => this.#lost("audio");
    }
    if (video) {
      video.onended = () => this.#lost("video");
    }
  }

  #lost(kind) {
    this[kind] = null;
    this[`${kind}Trouble`] = "missing";
    this.onChange();
  }

  async #recount() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    this.#count = all.filter(({ kind }) => kind === "videoinput").length;
    this.onChange();
  }

  // Off is off: the light beside the camera goes out.
  closeCamera() {
    this.video?.stop();
    this.video = null;
  }

  async openCamera() {
    const opening = this.#opening;
    this.videoTrouble = null;
    const stream = await this.#ask({ video: this.#videoWish() }, "videoTrouble");
    const video = stream?.getVideoTracks()[0] ?? null;
    if (opening !== this.#opening || this.video) {
      video?.stop();
      return;
    }
    this.#take(this.audio, video);
  }

  // The other camera of a telephone; else the next one there is.
  async switchCamera() {
    const before = this.video?.getSettings() ?? {};
    const cameras = (await this.list()).filter(({ kind }) => kind === "videoinput");
    const isPhone = Boolean(before.facingMode);
    if (isPhone) {
      this.#facing = this.#facing === "user" ? "environment" : "user";
    } else {
      const at = cameras.findIndex(({ deviceId }) => deviceId === before.deviceId);
      this.choose("video", cameras[(at + 1) % cameras.length]?.deviceId);
    }
    // Most telephones open one camera at a time.
    this.closeCamera();
    await this.openCamera();
  }

  // Those there are; their names only after the user gave permission once.
  async list() {
    return (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  }

  choose(kind, deviceId) {
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [kind]: deviceId }));
  }

  close() {
    this.#opening = null;
    for (const track of [this.audio, this.video]) {
      track?.stop();
    }
    this.audio = this.video = null;
    this.audioTrouble = this.videoTrouble = null;
    this.#facing = "user";
  }
}

// How loud it is, 0 to 1, some 20 times a second, until the returned function is called.
export function watchLevel(track, onLevel) {
  const context = new AudioContext();
  context.resume();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const ear = new AnalyserNode(context, { fftSize: 1024 });
  source.connect(ear);
  const wave = new Float32Array(ear.fftSize);
  const timer = setInterval(() => {
    ear.getFloatTimeDomainData(wave);
    const power = wave.reduce((sum, value) => sum + value * value, 0) / wave.length;
    // From -60 dB, a silent room, to -12 dB, somebody who speaks up.
    const level = 10 * Math.log10(power + 1e-12);
    onLevel(Math.min(1, Math.max(0, (level + 60) / 48)));
  }, 50);
  return () => {
    clearInterval(timer);
    context.close();
  };
}
