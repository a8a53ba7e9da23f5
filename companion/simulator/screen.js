// Draws the device's screen and its light.

// A sentence of at most this many letters fits the screen in the largest type.
const SHORT_ALERT = 40;

// Sizes of the captions, as the style sheet knows them; in the last one there is
// no room for what was heard.
const SIZES = ["large", "medium", "small", "crowded"];

// Modules of light around a code, without which no telephone finds it.
const QUIET_ZONE = 4;

// These have their meaning on the screen; the smaller keys say theirs themselves.
const ON_SCREEN = ["talk", "family", "line"];

// The eye sees a lamp at a tenth of its power as about a third as bright.
const EYE_GAMMA = 0.45;

function put(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) {
    element.textContent = text;
  }
  return element;
}

export class Screen {
  #texts;
  #light = document.getElementById("light");
  #device = document.getElementById("device");

  constructor(texts) {
    this.#texts = texts;
    put("state", texts.starting);
    const observer = new ResizeObserver(() => this.#fit());
    observer.observe(document.getElementById("screen"));
    document.fonts.ready.then(() => this.#fit());
  }

  draw(view) {
    const hasTime = view.clock !== "";
    put("clock", view.clock);
    put("date", view.date);
    put("state", view.state || (hasTime ? "" : this.#texts.starting));
    for (const name of ["said", "heard"]) {
      put(name, view[name]);
      document.getElementById(`${name}-line`).hidden = view[name] === "";
    }
    for (const name of ["notice", "alert", "simulated"]) {
      put(name, view[name]).hidden = view[name] === "";
    }
    put("caller", view.caller);
    put("call", view.call);
    document.getElementById("call-line").hidden = view.caller === "";
    this.#drawCode(view.code);
    this.#drawCard(view.card);
    const screen = document.getElementById("screen");
    const isQuiet = view.said === "" && view.heard === "" && view.caller === "" && view.card === "" && !view.code;
    screen.classList.toggle("is-idle", isQuiet);
    screen.classList.toggle("is-call", view.caller !== "");
    screen.classList.toggle("is-code", Boolean(view.code));
    screen.classList.toggle("is-alert", view.alert !== "");
    screen.classList.toggle("is-short-alert", view.alert.length <= SHORT_ALERT);
    this.#drawMeanings(view.buttons);
    this.#fit();
  }

  #drawCode(code) {
    document.getElementById("code").hidden = !code;
    for (const part of ["title", "note", "address"]) {
      put(`code-${part}`, code?.[part] ?? "");
    }
    const rows = code?.rows ?? [];
    const side = rows.length + 2 * QUIET_ZONE;
    document.getElementById("code-modules").setAttribute("viewBox", `0 0 ${side} ${side}`);
    const dark = rows.flatMap((row, y) =>
      [...row].flatMap((module, x) =>
        module === "1" ? [`M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z`] : []));
    document.getElementById("code-dark").setAttribute("d", dark.join(""));
  }

  // What is spoken of: its name, and then when, where and what it costs.
  #drawCard(text) {
    const card = document.getElementById("card");
    card.hidden = text === "";
    const lines = text.split("\n").flatMap((line) => {
      const part = document.createElement("span");
      part.append(line);
      return [part, "\n"];
    });
    card.replaceChildren(...lines);
  }

  // Buttons that do the same stand together, before what they do.
  #drawMeanings(buttons) {
    const rows = new Map();
    for (const [name, meaning] of buttons) {
      if (!ON_SCREEN.includes(name)) {
        continue;
      }
      if (!rows.has(meaning)) {
        const row = document.createElement("li");
        row.className = "meaning";
        row.append(meaning);
        rows.set(meaning, row);
      }
      const dot = document.createElement("span");
      dot.className = `dot ${name}`;
      const row = rows.get(meaning);
      row.insertBefore(dot, row.lastChild);
    }
    document.getElementById("meanings").replaceChildren(...rows.values());
  }

  // The largest letters with which everything fits; the screen never scrolls.
  #fit() {
    const screen = document.getElementById("screen");
    const parts = [screen, ...["captions", "alert", "call-line", "code"].map((id) => document.getElementById(id))];
    for (const size of SIZES) {
      screen.dataset.size = size;
      if (parts.every((part) => part.scrollHeight <= part.clientHeight)) {
        return;
      }
    }
  }

  light([red, green, blue]) {
    const brightest = Math.max(red, green, blue);
    const scale = brightest ? 255 / brightest : 0;
    const parts = [red, green, blue].map((part) => Math.round(part * scale));
    const glow = (brightest / 255) ** EYE_GAMMA;
    this.#device.style.setProperty("--light", `rgb(${parts.join(" ")})`);
    this.#device.style.setProperty("--glow", glow.toFixed(3));
    this.#light.dataset.colour = [red, green, blue].join(" ");
  }
}
