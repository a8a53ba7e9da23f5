// Shows the one call: ringing, talking, ended; and what to do about a camera.

import { $, icon, make, say, setIcon } from "./dom.js";
import { browserKind } from "./install.js";
import { initials, show, shown } from "./screens.js";
import { list, t } from "./texts.js";

const SECOND_MS = 1000;

// Steps out of a trouble ("refused", "missing", "taken", "failed" or null).
export function fillHelp(place, trouble) {
  place.hidden = !trouble;
  if (trouble) {
    const path = trouble === "refused" ? `help.refused.${browserKind()}` : `help.${trouble}`;
    const steps = list(path).map((text) => make("li", {}, make("span", { text })));
    place.replaceChildren(...steps);
  }
}

// Which text says why it ended: from whose side it is seen, and what came before.
export function endedText({ reason, isEndedHere, isIncoming, wasActive, answeredHere }) {
  switch (reason) {
    case "hung_up":
      if (wasActive) {
        return "hung_up";
      }
      if (isIncoming && !answeredHere) {
        return "missed";
      }
      return isEndedHere ? "stopped" : "hung_up";
    case "declined":
      return isIncoming ? "declined_here" : "declined";
    case "unanswered":
      return isIncoming ? "missed" : "unanswered";
    case "offline":
    case "no_microphone":
      return isEndedHere ? `${reason}_here` : reason;
    default:
      return reason;
  }
}

export class Talking {
  // The call was looked at to its end.
  onDone = () => {};
  #phone;
  #ringer;
  #push;
  #devices;
  #clock = null;
  #wakeLock = null;

  constructor(phone, devices, ringer, push) {
    this.#phone = phone;
    this.#devices = devices;
    this.#ringer = ringer;
    this.#push = push;
    phone.onStream = (stream) => this.#showFar(stream);
    $("answer").onclick = () => phone.answer();
    $("decline").onclick = () => phone.decline();
    $("hang-up").onclick = () => phone.hangUp();
    $("mute").onclick = () => phone.setMicrophone(!phone.wantsMicrophone);
    $("camera").onclick = () => phone.setCamera(!devices.video);
    $("switch").onclick = () => phone.switchCamera();
    $("play").onclick = () => this.#play();
    $("ended-home").onclick = () => {
      phone.dismiss();
      this.onDone();
    };
    $("ended-again").onclick = () => phone.ring(phone.call.member, phone.call.name);
    $("help-close").onclick = () => $("help").close();
    addEventListener("beforeunload", (event) => {
      if (phone.call?.wasActive && phone.isBusy) {
        event.preventDefault();
      }
    });
  }

  draw() {
    const { call } = this.#phone;
    if (!call) {
      return;
    }
    if (call.isOver) {
      this.#drawEnded(call);
    } else if (call.rings) {
      this.#drawRinging(call);
    } else {
      this.#drawCall(call);
    }
  }

  // -- it rings -------------------------------------------------------------------

  #drawRinging(call) {
    $("ringing-portrait").textContent = initials(call.name);
    $("ringing-name").textContent = call.name;
    if (shown() !== "ringing") {
      show("ringing", () => this.#ringer.stop());
      this.#ringer.start(t("ringing.title", { name: call.name }));
    }
  }

  // -- in a call --------------------------------------------------------------------

  #drawCall(call) {
    if (shown() !== "call") {
      show("call", () => this.#leaveCall());
      this.#push.clear(`call-${call.id}`);
      this.#clock = setInterval(() => this.#drawTime(), SECOND_MS);
      this.#keepAwake();
    }
    this.#ringBack(call);
    const { wantsMicrophone, hasPicture } = this.#phone;
    const hasCamera = this.#devices.video !== null;
    $("call-name").textContent = call.name;
    $("call-portrait").textContent = initials(call.name);
    $("no-far").hidden = hasPicture;
    $("far").setAttribute("aria-label", t("call.far_picture", { name: call.name }));
    $("far").classList.toggle("is-seen", hasPicture);
    say($("call-state"), call.state === "active" ? "" : t(`call.${call.state}`));
    this.#drawTime();
    const isTalking = call.isAnswered;
    for (const id of ["mute", "camera"]) {
      $(id).hidden = !isTalking;
    }
    $("switch").hidden = !isTalking || !hasCamera || !this.#devices.canSwitchCamera;
    this.#drawToggle("mute", wantsMicrophone, "mic");
    this.#drawToggle("camera", hasCamera, "camera");
    const hangUp = t(isTalking ? "call.hang_up" : "call.stop");
    $("hang-up-text").textContent = hangUp;
    this.#drawOwn();
    this.#drawSigns(call);
  }

  #drawToggle(id, isOn, drawing) {
    const button = $(id);
    button.setAttribute("aria-label", t(`call.${id}_${isOn ? "on" : "off"}`));
    button.classList.toggle("is-off", !isOn);
    setIcon(button, isOn ? drawing : `${drawing}-off`);
  }

  #ringBack(call) {
    const isRinging = !call.isIncoming && call.state === "ringing";
    if (isRinging !== this.#isRingingBack) {
      this.#isRingingBack = isRinging;
      if (isRinging) {
        this.#ringer.startBack();
      } else {
        this.#ringer.stop();
      }
    }
  }

  #isRingingBack = false;

  #drawOwn() {
    const { video, isMirrored } = this.#devices;
    const own = $("own");
    if ((own.srcObject?.getVideoTracks()[0] ?? null) !== video) {
      own.srcObject = video ? new MediaStream([video]) : null;
    }
    $("own-frame").hidden = !video;
    $("own-frame").classList.toggle("is-mirrored", isMirrored);
  }

  #drawSigns(call) {
    const { name, far } = call;
    const signs = [];
    if (this.#phone.isAsking) {
      signs.push({ text: t("call.allow") });
    } else if (call.isAnswered) {
      const { videoTrouble, audio } = this.#devices;
      if (!this.#phone.wantsMicrophone && audio) {
        signs.push({ text: t("call.muted"), drawing: "mic-off", isTrouble: true });
      }
      if (videoTrouble) {
        signs.push({ text: t(`call.camera_${videoTrouble}`, { name }), help: videoTrouble });
      }
    }
    if (call.state === "active") {
      if (!far.microphone) {
        const text = t("call.far_muted", { name });
        signs.push({ text, drawing: "mic-off", isTrouble: true });
      } else if (!this.#phone.hasPicture) {
        signs.push({ text: t("call.no_picture", { name }), drawing: "camera-off" });
      }
      if (far.captions) {
        signs.push({ text: t("call.captions", { name }), drawing: "captions" });
      }
    }
    this.#putSigns(signs);
  }

  // Only what changed, so that a screen reader does not say all of it again.
  #putSigns(signs) {
    const place = $("signs");
    const shownTexts = [...place.children].map((each) => each.dataset.sign);
    if (shownTexts.join("\n") === signs.map(({ text }) => text).join("\n")) {
      return;
    }
    place.replaceChildren(
      ...signs.map(({ text, drawing, isTrouble, help }) => {
        const sign = make(
          "p",
          { class: isTrouble ? "sign is-trouble" : "sign", "data-sign": text },
          make("span", { text }),
        );
        if (drawing) {
          sign.prepend(icon(drawing));
        }
        if (help) {
          sign.append(
            make("button", {
              class: "button",
              type: "button",
              text: t("call.camera_help"),
              onclick: () => this.#openHelp("camera", help),
            }),
          );
        }
        return sign;
      }),
    );
  }

  #openHelp(what, trouble) {
    $("help-heading").textContent = t(`help.heading_${what}`);
    fillHelp($("help-steps"), trouble);
    $("help").showModal();
  }

  #drawTime() {
    const { call } = this.#phone;
    const seconds = call?.startedAt
      ? Math.max(0, Math.floor((Date.now() - call.startedAt) / SECOND_MS))
      : null;
    const minutes = Math.floor(seconds / 60);
    say(
      $("call-time"),
      seconds === null ? "" : `${minutes}:${String(seconds % 60).padStart(2, "0")}`,
    );
  }

  #showFar(stream) {
    const far = $("far");
    if (far.srcObject !== stream) {
      far.srcObject = stream;
    }
    this.#play();
  }

  // Browsers that want a tap for sound get one.
  async #play() {
    try {
      await $("far").play();
      $("play").hidden = true;
    } catch (error) {
      $("play").hidden = error.name !== "NotAllowedError";
    }
  }

  async #keepAwake() {
    try {
      this.#wakeLock = await navigator.wakeLock?.request("screen");
    } catch {
      // The battery is nearly empty: then the screen may go dark.
      this.#wakeLock = null;
    }
  }

  #leaveCall() {
    clearInterval(this.#clock);
    this.#isRingingBack = false;
    this.#ringer.stop();
    this.#wakeLock?.release();
    this.#wakeLock = null;
    $("far").srcObject = null;
    $("own").srcObject = null;
    $("play").hidden = true;
    $("help").close();
  }

  // -- it is over -------------------------------------------------------------------

  #drawEnded(call) {
    const { name } = call;
    this.#push.clear(`call-${call.id}`);
    const path = `ended.${endedText(call)}`;
    $("ended-portrait").textContent = initials(name);
    $("ended-title").textContent = t(`${path}.title`, { name });
    const lasted = call.reason === "hung_up" && call.wasActive ? this.#lasted(call) : "";
    $("ended-text").textContent = lasted || t(`${path}.text`, { name });
    const isOwnTrouble = call.reason === "no_microphone" && call.isEndedHere;
    fillHelp($("ended-help"), isOwnTrouble ? call.trouble.audio : null);
    const isBack = call.isIncoming && !call.answeredHere;
    $("ended-again-text").textContent = t(isBack ? "ended.back" : "ended.again");
    // Who just hung up after talking wants no button to do it all again; and there is
    // nobody to be called any more, or the call goes on elsewhere.
    $("ended-again").hidden =
      ["withdrawn", "elsewhere"].includes(call.reason) ||
      (call.reason === "hung_up" && call.wasActive);
    show("ended");
  }

  #lasted({ startedAt, endedAt }) {
    const count = Math.round((endedAt - startedAt) / 60000);
    const minutes =
      count === 0
        ? t("ended.short")
        : count === 1
          ? t("ended.minute")
          : t("ended.minutes", { count });
    return t("ended.lasted", { minutes });
  }
}
