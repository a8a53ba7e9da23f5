// Camera, microphone and bell, before the first call needs them.

import { fillHelp } from "./talking.js";
import { watchLevel } from "./devices.js";
import { $, make, say, whileBusy } from "./dom.js";
import { show } from "./screens.js";
import { t } from "./texts.js";

// Louder than the noise of a quiet room (see watchLevel).
const VOICE = 0.4;

export class DeviceTest {
  #devices;
  #ringer;
  #unwatch = () => {};
  #isRunning = false;

  constructor(devices, ringer) {
    this.#devices = devices;
    this.#ringer = ringer;
    $("test-start").onclick = () => whileBusy($("test-start"), () => this.#start());
    $("test-bell").onclick = () => this.#ringer.try();
    $("test-camera").onchange = () => this.#choose("video", $("test-camera").value);
    $("test-microphone").onchange = () => this.#choose("audio", $("test-microphone").value);
  }

  // Resolves when the user goes on, whether it was tested or not.
  async run() {
    $("test-start").hidden = false;
    $("test-running").hidden = true;
    $("test-next").textContent = t("skip");
    await new Promise((resolve) => {
      $("test-next").onclick = resolve;
      // A call that comes in takes the camera; the test is over then.
      show("test", resolve);
    });
    this.#stop();
  }

  redraw() {
    if (this.#isRunning) {
      $("test-next").textContent = t("done");
      this.#draw();
    }
  }

  async #start() {
    await this.#devices.open();
    this.#isRunning = true;
    $("test-start").hidden = true;
    $("test-running").hidden = false;
    $("test-next").textContent = t("done");
    $("test-next").classList.remove("plain");
    this.#devices.onChange = () => this.#draw();
    await this.#draw();
  }

  async #choose(kind, deviceId) {
    this.#devices.choose(kind, deviceId);
    await this.#devices.open();
    await this.#draw();
  }

  async #draw() {
    const { audio, video, audioTrouble, videoTrouble } = this.#devices;
    const picture = $("test-picture");
    picture.srcObject = video ? new MediaStream([video]) : null;
    picture.hidden = !video;
    $("test-no-picture").hidden = Boolean(video);
    say($("test-camera-trouble"), videoTrouble ? t("test.camera_trouble") : "");
    say($("test-microphone-trouble"), audioTrouble ? t("test.microphone_trouble") : "");
    fillHelp($("test-camera-help"), videoTrouble);
    // One way to allow both: said once.
    const isSame = videoTrouble === audioTrouble;
    fillHelp($("test-microphone-help"), isSame ? null : audioTrouble);
    this.#listen(audio);
    await this.#listDevices();
  }

  #listen(audio) {
    this.#unwatch();
    this.#unwatch = () => {};
    const meter = $("test-meter");
    meter.hidden = !audio;
    if (!audio) {
      return;
    }
    this.#unwatch = watchLevel(audio, (level) => {
      $("test-level").style.setProperty("--level", level.toFixed(2));
      meter.setAttribute("aria-valuenow", String(Math.round(100 * level)));
      if (level > VOICE && $("test-heard").hidden) {
        say($("test-heard"), t("test.heard"));
      }
    });
  }

  async #listDevices() {
    const all = await this.#devices.list();
    const kinds = [
      ["videoinput", "camera", this.#devices.video],
      ["audioinput", "microphone", this.#devices.audio],
    ];
    for (const [kind, name, track] of kinds) {
      const found = all.filter((each) => each.kind === kind && each.deviceId);
      $(`test-${name}s`).hidden = found.length < 2;
      $(`test-${name}`).replaceChildren(
        ...found.map(({ deviceId, label }, index) =>
          make("option", {
            value: deviceId,
            text: label || t(`test.${name}_number`, { number: index + 1 }),
            selected: track?.getSettings().deviceId === deviceId,
          }),
        ),
      );
    }
  }

  #stop() {
    this.#isRunning = false;
    this.#unwatch();
    this.#unwatch = () => {};
    this.#devices.onChange = () => {};
    this.#devices.close();
    $("test-picture").srcObject = null;
    say($("test-heard"), "");
    $("test-next").classList.add("plain");
  }
}
