// Lends this computer's microphone and loudspeaker to the device.

const RATE_HZ = 48000;

const REFUSALS = {
  NotAllowedError: "microphone_refused",
  SecurityError: "microphone_refused",
  NotFoundError: "microphone_missing",
  OverconstrainedError: "microphone_missing",
};

export class Sound {
  #texts;
  #link;
  #state = "unused";
  #context = null;
  #player = null;
  #stream = null;
  #source = null;
  #trouble = "";
  #isAsking = false;
  #switchIsOn = true;
  #button = document.getElementById("sound-button");

  constructor(texts, link) {
    this.#texts = texts;
    this.#link = link;
    this.#button.addEventListener("click", () => this.#pressed());
    navigator.mediaDevices?.addEventListener("devicechange", () => {
      if (this.#context && !this.#stream && !this.#isAsking) {
        this.#openMicrophone();
      }
    });
  }

  // Where the sound goes, as the device says.
  follow(state) {
    this.#state = state;
    if (state === "elsewhere" || state === "unused") {
      this.#stop();
    } else if (state === "free" && this.#player) {
      // The link was away for a moment; this tab still has the sound running.
      this.#take();
    }
    this.#show();
  }

  play(block) {
    this.#player?.port.postMessage(block, [block]);
  }

  flush() {
    this.#player?.port.postMessage("flush");
  }

  // The switch of the drawing cuts the sound off before it leaves the page.
  connectMicrophone(isOn) {
    this.#switchIsOn = isOn;
    for (const track of this.#stream?.getAudioTracks() ?? []) {
      track.enabled = isOn;
    }
  }

  async #pressed() {
    if (this.#isAsking) {
      return;
    }
    if (this.#player) {
      await this.#context.resume();
      await this.#openMicrophone();
      return;
    }
    try {
      await this.#openLoudspeaker();
    } catch (error) {
      console.warn("no sound:", error);
      this.#stop();
      this.#trouble = "failed";
      this.#show();
      return;
    }
    this.#take();
    await this.#openMicrophone();
  }

  #take() {
    this.#link.send({ type: "take_sound" });
    this.#link.send({ type: "lend_microphone", is_lent: this.#stream !== null });
  }

  async #openLoudspeaker() {
    // Made within the press of the button: browsers allow sound only then.
    this.#context = new AudioContext({
      sampleRate: RATE_HZ,
      latencyHint: "interactive",
    });
    this.#context.onstatechange = () => this.#show();
    await this.#context.audioWorklet.addModule("/sound-worklet.js");
    await this.#context.resume();
    this.#player = new AudioWorkletNode(this.#context, "player", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.#player.connect(this.#context.destination);
  }

  async #openMicrophone() {
    this.#isAsking = true;
    this.#trouble = "";
    this.#show();
    const context = this.#context;
    let stream = null;
    try {
      // Suppressing noise makes words harder to recognise, so only the echo goes.
      stream = await navigator.mediaDevices.getUserMedia({
        audio: {
          channelCount: 1,
          echoCancellation: true,
          noiseSuppression: false,
          autoGainControl: true,
        },
      });
      if (context === this.#context && !this.#stream) {
        this.#record(stream);
        stream = null;
      }
    } catch (error) {
      console.info("no microphone:", error.name);
      this.#trouble = REFUSALS[error.name] ?? "microphone_failed";
    } finally {
      // Another tab took the sound while the browser was asking.
      stream?.getTracks().forEach((track) => track.stop());
      this.#isAsking = false;
    }
    this.#link.send({ type: "lend_microphone", is_lent: this.#stream !== null });
    this.#show();
  }

  #record(stream) {
    const recorder = new AudioWorkletNode(this.#context, "recorder", {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
    });
    recorder.port.onmessage = ({ data }) => this.#link.sendBlock(data);
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(recorder);
    this.#stream = stream;
    this.connectMicrophone(this.#switchIsOn);
    for (const track of stream.getAudioTracks()) {
      track.onended = () => this.#loseMicrophone();
    }
  }

  #loseMicrophone() {
    this.#source?.disconnect();
    this.#source = null;
    this.#stream = null;
    this.#trouble = "microphone_failed";
    this.#link.send({ type: "lend_microphone", is_lent: false });
    this.#show();
  }

  #stop() {
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#source?.disconnect();
    if (this.#context) {
      this.#context.onstatechange = null;
      this.#context.close();
    }
    this.#source = this.#stream = this.#player = this.#context = null;
    this.#trouble = "";
  }

  // One line and at most one button: what is the matter, and what to do.
  #show() {
    const [look, text, button] = this.#describe();
    const sound = document.getElementById("sound");
    sound.hidden = this.#state === "unused";
    sound.dataset.look = look;
    document.getElementById("sound-text").textContent = text;
    this.#button.textContent = button;
    this.#button.hidden = button === "";
  }

  #describe() {
    const texts = this.#texts;
    if (this.#state === "elsewhere") {
      return ["elsewhere", texts.elsewhere, texts.take_over];
    }
    if (!this.#player || this.#context.state !== "running") {
      return this.#trouble
        ? ["trouble", texts[this.#trouble], texts.start]
        : ["start", texts.start_why, texts.start];
    }
    if (this.#isAsking) {
      return ["asking", texts.asking, ""];
    }
    if (this.#trouble) {
      return ["trouble", texts[this.#trouble], texts.retry];
    }
    return ["on", texts.on, ""];
  }
}
