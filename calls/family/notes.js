// What the person asks of whom reads this: read, and answered with a button. What is
// told here was written by people, and is only ever shown as text.

import { make, say, whileBusy } from "./dom.js";
import { shown } from "./screens.js";
import { language, t } from "./texts.js";

const LONGEST = 200;

// What may be answered, and whether something may be written with it.
export const REPLIES = {
  go_along: ["yes", "no"],
  request: ["yes", "no"],
  offer: ["seen"],
  visit: ["seen"],
};
const MAY_WRITE = ["go_along", "request"];

function dayOf(at) {
  const day = { weekday: "long", day: "numeric", month: "long" };
  return new Date(at * 1000).toLocaleDateString(language(), day);
}

function textOf(about, reply) {
  return t(`notes.${about}.${reply}`);
}

// The notes of all households, each in its card.
export class Notes {
  #api;
  #push;
  // By member, as the hub told them last.
  #told = new Map();
  // Of which the hub knows that they were seen.
  #seen = new Set();

  constructor(api, push) {
    this.#api = api;
    this.#push = push;
  }

  update({ member, notes }) {
    this.#told.set(member, notes);
  }

  remove(member) {
    this.#told.delete(member);
  }

  forget() {
    this.#told.clear();
    this.#seen.clear();
  }

  // An entry stays the same element, so that a change takes away no words and no focus.
  draw(section, member, name) {
    const notes = (this.#told.get(member) ?? []).filter((note) =>
      Object.hasOwn(REPLIES, note.about),
    );
    section.hidden = notes.length === 0;
    const open = notes.filter(({ reply, over }) => !reply && !over).length;
    say(
      section.querySelector(".notes-open"),
      open === 0 ? "" : t(open === 1 ? "notes.one_open" : "notes.open", { count: open }),
    );
    section.querySelector("h3").textContent = t("notes.heading");
    const list = section.querySelector("ul");
    const items = new Map([...list.children].map((each) => [each.dataset.note, each]));
    for (const [id, item] of items) {
      if (!notes.some(({ note }) => note === id)) {
        item.remove();
      }
    }
    for (const [place, note] of notes.entries()) {
      const item = items.get(note.note) ?? this.#make(note);
      this.#fill(item, note, name);
      if (list.children[place] !== item) {
        // What is moved loses the focus.
        list.insertBefore(item, list.children[place] ?? null);
      }
    }
    this.#tellSeen(notes);
  }

  #make({ note, about }) {
    const parts = [
      make("p", { class: "note-lead" }),
      make("p", { class: "note-text", dir: "auto" }),
      make("p", { class: "hint note-when" }),
      make("p", { class: "note-said", dir: "auto" }),
    ];
    const words = `note-words-${note}`;
    const form = make("div", { class: "note-form" });
    if (MAY_WRITE.includes(about)) {
      form.append(
        make("label", { class: "field", for: words }, make("span", {})),
        make("input", { id: words, type: "text", maxlength: LONGEST, autocomplete: "off" }),
      );
    }
    const buttons = make("div", { class: "note-buttons" });
    for (const reply of REPLIES[about]) {
      buttons.append(
        make("button", {
          class: "button",
          type: "button",
          "data-reply": reply,
          onclick: ({ currentTarget }) =>
            whileBusy(currentTarget, () => this.#answer(item, reply)),
        }),
      );
    }
    form.append(buttons);
    const said = make("p", { class: "note-state", role: "status" });
    const item = make("li", { class: "note", "data-note": note }, ...parts, form, said);
    return item;
  }

  #fill(item, note, name) {
    const { about, reply, said, over } = note;
    const part = (selector) => item.querySelector(selector);
    part(".note-lead").textContent = t(`notes.${about}.lead`, { name });
    part(".note-text").textContent = note.text;
    part(".note-when").textContent = t("notes.asked", { day: dayOf(note.at) });
    say(part(".note-said"), said ? t("notes.you_wrote", { said }) : "");
    const label = part(".field span");
    if (label) {
      label.textContent = t("notes.words", { name });
    }
    for (const button of item.querySelectorAll("button")) {
      const isChosen = button.dataset.reply === reply;
      button.textContent = textOf(about, button.dataset.reply);
      button.setAttribute("aria-pressed", String(isChosen));
      button.disabled = isChosen && reply === "seen";
    }
    part(".note-form").hidden = over !== null || reply === "seen";
    say(part(".note-state"), this.#stateOf(note, name));
  }

  #stateOf({ about, reply, over }, name) {
    if (over === "withdrawn") {
      return t("notes.withdrawn");
    }
    if (!reply) {
      return "";
    }
    const answer = textOf(about, reply);
    if (over === "told") {
      return t("notes.told", { answer, name });
    }
    return t(reply === "seen" ? "notes.kept_seen" : "notes.kept", { answer, name });
  }

  async #answer(item, reply) {
    const state = item.querySelector(".note-state");
    const words = item.querySelector("input");
    try {
      await this.#api.answerNote(item.dataset.note, reply, words?.value.trim() ?? "");
      if (words) {
        words.value = "";
      }
      this.#push.clear(`note-${item.dataset.note}`);
    } catch (error) {
      say(state, t(error.code === "note_over" ? "notes.over" : "notes.failed"));
    }
  }

  // Once it was before somebody's eyes; a page in the background shows nothing.
  #tellSeen(notes) {
    if (document.hidden || shown() !== "home") {
      return;
    }
    for (const { note, over } of notes) {
      const key = `${note} ${over ?? ""}`;
      if (!this.#seen.has(key)) {
        this.#seen.add(key);
        this.#api.seeNote(note).catch(() => this.#seen.delete(key));
      }
    }
  }
}

// Where the notes of one household are shown.
export function makeNotes() {
  return make(
    "section",
    { class: "notes", hidden: true },
    make("h3"),
    make("p", { class: "notes-open", role: "status" }),
    make("ul"),
  );
}
