// The buttons and the microphone switch: mouse, touch, keyboard, screen reader.

const KEYS = {
  t: "talk",
  " ": "talk",
  f: "family",
  l: "line",
  j: "yes",
  n: "no",
  "+": "louder",
  "=": "louder",
  "-": "quieter",
};

export class Buttons {
  #texts;
  #send;
  #buttons = new Map();
  #switch = document.getElementById("switch");
  // What holds each button down: pointers and keys, so that each edge comes once.
  #holders = new Map();
  #keysDown = new Map();

  constructor(texts, send) {
    this.#texts = texts;
    this.#send = send;
    for (const element of document.querySelectorAll("[data-button]")) {
      this.#prepare(element);
    }
    this.#switch.addEventListener("click", () => this.#flip());
    document.addEventListener("keydown", (event) => this.#keyDown(event));
    document.addEventListener("keyup", (event) => this.#keyUp(event));
    window.addEventListener("blur", () => this.#letGoOfAll());
  }

  arrange(names) {
    for (const [name, element] of this.#buttons) {
      element.hidden = !names.includes(name);
    }
    const isSimulated = names.length > 0;
    document.getElementById("front").classList.toggle("is-bare", !isSimulated);
    const help = document.getElementById("help");
    help.hidden = !isSimulated;
    const keys = names.map((name) => this.#texts.keys[name]).join(" \u00b7 ");
    help.textContent = `${this.#texts.keys.title} ${keys}`;
  }

  explain(meanings) {
    for (const [name, meaning] of meanings) {
      const element = this.#buttons.get(name);
      element?.setAttribute("aria-description", meaning);
      element?.setAttribute("title", meaning);
    }
  }

  moveSwitch(isOn) {
    this.#switch.hidden = false;
    this.#switch.setAttribute("aria-checked", String(isOn));
    document.getElementById("switch-state").textContent =
      this.#texts.switch[isOn ? "on" : "off"];
  }

  // The link broke: the device has let go of everything by itself.
  forget() {
    this.#holders.clear();
    this.#keysDown.clear();
    for (const element of this.#buttons.values()) {
      element.classList.remove("is-down");
    }
  }

  #prepare(element) {
    const name = element.dataset.button;
    const label = this.#texts.button[name];
    const shown = document.createElement("span");
    shown.className = "label";
    shown.textContent = label;
    element.replaceChildren(shown);
    element.setAttribute("aria-label", label);
    element.setAttribute("aria-keyshortcuts", element.dataset.key);
    this.#buttons.set(name, element);
    this.#holders.set(name, new Set());

    element.addEventListener("pointerdown", (event) => {
      // A finger gives no focus: the space bar stays the talk button.
      event.preventDefault();
      if (event.button === 0) {
        element.setPointerCapture(event.pointerId);
        this.#push(name, `pointer ${event.pointerId}`);
      }
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      element.addEventListener(end, (event) =>
        this.#letGo(name, `pointer ${event.pointerId}`),
      );
    }
    // A long touch would open a menu instead of holding the button.
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("click", (event) => {
      // Without a pointer or a key before it: a screen reader, which only clicks.
      if (event.detail === 0 && event.pointerId === -1 && event.isTrusted) {
        this.#push(name, "click");
        this.#letGo(name, "click");
      }
    });
  }

  #flip() {
    const isOn = this.#switch.getAttribute("aria-checked") === "true";
    this.#send({ type: "switch_microphone", is_on: !isOn });
  }

  #keyDown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const name = this.#buttonOf(event);
    if (name === undefined) {
      return;
    }
    // Also keeps the browser from scrolling, and from a click of its own.
    event.preventDefault();
    if (!event.repeat) {
      this.#keysDown.set(event.code, name);
      this.#push(name, event.code);
    }
  }

  #keyUp(event) {
    const name = this.#keysDown.get(event.code);
    if (name !== undefined) {
      event.preventDefault();
      this.#keysDown.delete(event.code);
      this.#letGo(name, event.code);
    }
  }

  // Space and Enter belong to the button that has the focus.
  #buttonOf({ key, target }) {
    const focused = target.closest?.("button");
    if (focused && (key === " " || key === "Enter")) {
      return focused.dataset.button;
    }
    return KEYS[key.toLowerCase()];
  }

  #push(name, holder) {
    const holders = this.#holdersOf(name);
    if (this.#buttons.get(name).hidden || holders.has(holder)) {
      return;
    }
    if (holders.size === 0) {
      this.#buttons.get(name).classList.add("is-down");
      this.#send({ type: "press", button: name });
    }
    holders.add(holder);
  }

  #letGo(name, holder) {
    const holders = this.#holdersOf(name);
    if (holders.delete(holder) && holders.size === 0) {
      this.#buttons.get(name).classList.remove("is-down");
      this.#send({ type: "release", button: name });
    }
  }

  #letGoOfAll() {
    this.#keysDown.clear();
    for (const [name, holders] of this.#holders) {
      for (const holder of [...holders]) {
        this.#letGo(name, holder);
      }
    }
  }

  #holdersOf(name) {
    if (!this.#holders.has(name)) {
      this.#holders.set(name, new Set());
    }
    return this.#holders.get(name);
  }
}
