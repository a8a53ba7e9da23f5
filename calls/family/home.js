// The households: one big button each, what is agreed to be seen, alarms.

import { $, icon, make, say, whileBusy } from "./dom.js";
import { canInstall, install, isIOS, onInstallOffer } from "./install.js";
import { makeNotes, Notes } from "./notes.js";
import { initials, shown } from "./screens.js";
import { list, t } from "./texts.js";

// The state of notifications and what can be done about it, wherever it is shown.
export function drawNotify(place, push, key, { who, canTurnOff = false } = {}) {
  const { state } = push;
  const parts = [];
  if (state === "install_first") {
    parts.push(
      make("p", { text: t("notify.install_first") }),
      make(
        "ol",
        { class: "steps" },
        ...list("notify.install_steps").map((text) =>
          make("li", {}, make("span", { text })),
        ),
      ),
    );
  } else if (state === "off") {
    parts.push(
      make("p", { text: who ? t("notify.why", { name: who }) : t("notify.off") }),
      make("button", {
        class: "button main",
        type: "button",
        text: t("notify.tap"),
        onclick: ({ currentTarget }) => whileBusy(currentTarget, () => push.enable(key)),
      }),
    );
  } else {
    parts.push(make("p", { text: t(`notify.${state}`) }));
  }
  if (state === "on" && canTurnOff) {
    parts.push(
      make("button", {
        class: "button",
        type: "button",
        text: t("notify.off_button"),
        onclick: ({ currentTarget }) => whileBusy(currentTarget, () => push.disable()),
      }),
    );
  }
  if (isIOS && ["on", "off"].includes(state)) {
    parts.push(make("p", { class: "hint", text: t("notify.limits_ios") }));
  }
  place.replaceChildren(...parts);
}

export class Home {
  // A household is to be called.
  onCall = () => {};
  // The agenda of a household is to be seen.
  onAgenda = () => {};
  #api;
  #push;
  #ringer;
  #pushKey = "";
  // By member, in the order in which they came.
  #households = new Map();
  #cards = new Map();
  #notes;
  #isOnline = true;

  constructor(api, push, ringer) {
    this.#api = api;
    this.#push = push;
    this.#ringer = ringer;
    this.#notes = new Notes(api, push);
    onInstallOffer(() => this.#drawNotices());
  }

  begin(me) {
    this.#pushKey = me.push_key;
    const known = this.#households;
    this.#households = new Map(
      me.households.map((each) => [
        each.member,
        known.get(each.member) ?? { online: null, used_today: null, alarms: [], ...each },
      ]),
    );
    this.draw();
  }

  // As the hub tells it, at each change.
  update(household) {
    this.#households.set(household.member, household);
    this.draw();
  }

  updateNotes(message) {
    this.#notes.update(message);
    this.draw();
  }

  remove(member) {
    this.#households.delete(member);
    this.#notes.remove(member);
    this.draw();
  }

  nameOf(member) {
    return this.#households.get(member)?.name ?? "";
  }

  agendaOf(member) {
    return this.#households.get(member)?.agenda ?? "";
  }

  setOnline(isOnline) {
    this.#isOnline = isOnline;
    this.draw();
  }

  forget() {
    this.#households.clear();
    this.#notes.forget();
    say($("home-said"), "");
    this.draw();
  }

  draw() {
    const isEmpty = this.#households.size === 0;
    $("home-heading").textContent = t(isEmpty ? "home.nobody_heading" : "home.heading");
    say($("home-nobody"), isEmpty ? t("home.nobody") : "");
    for (const [member, card] of this.#cards) {
      if (!this.#households.has(member)) {
        card.remove();
        this.#cards.delete(member);
      }
    }
    for (const household of this.#households.values()) {
      this.#drawHousehold(household);
    }
    this.#drawNotices();
  }

  // A card stays the same element, so that a change takes nobody's focus away.
  #drawHousehold(household) {
    const { member, name, role, online, used_today: used, alarms } = household;
    let card = this.#cards.get(member);
    if (!card) {
      card = this.#makeCard(member);
      this.#cards.set(member, card);
      $("households").append(card);
    }
    const part = (selector) => card.querySelector(selector);
    part(".portrait").textContent = initials(name);
    part("h2").textContent = name;
    const facts = [];
    if (online !== null) {
      facts.push([online, t(online ? "home.online" : "home.away")]);
    }
    if (used !== null) {
      facts.push([used, t(used ? "home.used" : "home.unused")]);
    }
    part(".facts").replaceChildren(
      ...(facts.length === 0
        ? [make("span", { text: t(`role.${role}`) })]
        : facts.map(([isSo, text]) =>
            make("span", { class: isSo ? "fact is-so" : "fact", text }),
          )),
    );
    part(".call-button span").textContent = t("home.call", { name });
    part(".call-button").disabled = !this.#isOnline;
    part(".agenda-button").hidden = !household.agenda;
    part(".agenda-button span").textContent = t("agenda.open");
    part(".agenda-button").setAttribute("aria-label", t("agenda.heading", { name }));
    this.#drawAlarms(part(".alarms"), household, alarms);
    this.#notes.draw(part(".notes"), member, name);
  }

  #makeCard(member) {
    return make(
      "li",
      { class: "household" },
      make(
        "div",
        { class: "household-top" },
        make("div", { class: "portrait", "aria-hidden": "true" }),
        make("div", {}, make("h2"), make("p", { class: "facts" })),
      ),
      make("div", { class: "alarms", "aria-live": "assertive" }),
      makeNotes(),
      make(
        "button",
        {
          class: "button main call-button",
          type: "button",
          onclick: () => this.onCall(member, this.nameOf(member)),
        },
        icon("phone"),
        make("span"),
      ),
      make(
        "button",
        {
          class: "button agenda-button",
          type: "button",
          hidden: true,
          onclick: () => this.onAgenda(member, this.nameOf(member), this.agendaOf(member)),
        },
        icon("calendar"),
        make("span"),
      ),
    );
  }

  #drawAlarms(place, { name }, alarms) {
    const shownIds = [...place.children].map((each) => each.dataset.alarm).join(" ");
    if (shownIds === alarms.join(" ") && place.lang === document.documentElement.lang) {
      return;
    }
    place.lang = document.documentElement.lang;
    place.replaceChildren(
      ...alarms.map((alarm) =>
        make(
          "div",
          { class: "alarm", "data-alarm": alarm },
          make("strong", { text: t("home.alarm", { name }) }),
          make("p", { text: t("home.alarm_why") }),
          make("button", {
            class: "button",
            type: "button",
            text: t("home.look"),
            onclick: ({ currentTarget }) =>
              whileBusy(currentTarget, () => this.#look(alarm, name)),
          }),
        ),
      ),
    );
  }

  async #look(alarm, name) {
    try {
      await this.#api.acknowledge(alarm);
      say($("home-said"), t("home.looking", { name }));
      this.#push.clear(`alarm-${alarm}`);
    } catch {
      say($("home-said"), t("home.look_failed"));
    }
  }

  #drawNotices() {
    if (shown() !== "home" && shown() !== "start") {
      return;
    }
    const parts = [];
    if (this.#households.size > 0 && this.#push.state !== "on") {
      const notice = make("div", { class: "notice notify" });
      drawNotify(notice, this.#push, this.#pushKey);
      parts.push(notice);
    }
    if (canInstall()) {
      parts.push(notice(t("install.why"), t("install.button"), install));
    }
    if (!this.#ringer.canSound) {
      parts.push(notice(t("sound.locked"), t("sound.unlock"), () => {}));
    }
    $("notices").replaceChildren(...parts);
  }

  drawNotices() {
    this.#drawNotices();
  }
}

function notice(text, button, onclick) {
  return make(
    "div",
    { class: "notice" },
    make("p", { text }),
    make("button", { class: "button", type: "button", text: button, onclick }),
  );
}
