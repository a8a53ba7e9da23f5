// The agenda of somebody who is followed: what is to come, and what one proposes.

import { $, make, say, whileBusy } from "./dom.js";
import { errorText } from "./join.js";
import { show, shown } from "./screens.js";
import { language, t } from "./texts.js";

const ANSWERED = ["in_agenda", "refused", "over"];

export class Agenda {
  // Back to the households.
  onLeave = () => {};
  #api;
  // The hub's time, in milliseconds: the clock of a telephone may be wrong.
  #now;
  #member = "";
  #name = "";
  #mark = "";
  #found = null;
  // The proposal that the form takes the place of.
  #replaces = "";

  constructor(api, now) {
    this.#api = api;
    this.#now = now;
    $("agenda-back").onclick = () => this.onLeave();
    $("agenda-form").onsubmit = (event) => this.#send(event);
    $("agenda-all-day").onchange = () => this.#drawHour();
    $("agenda-keep").onclick = () => this.#clearForm();
  }

  async open(member, name, mark) {
    this.#member = member;
    this.#name = name;
    this.#mark = mark;
    this.#found = null;
    say($("agenda-said"), "");
    say($("agenda-error"), "");
    this.#clearForm();
    this.redraw();
    show("agenda");
    await this.#fetch();
  }

  // A household as the hub tells it: another mark says that there is something else.
  async update({ member, agenda }) {
    if (shown() !== "agenda" || member !== this.#member || agenda === this.#mark) {
      return;
    }
    this.#mark = agenda;
    if (agenda) {
      await this.#fetch();
    } else {
      this.remove(member);
    }
  }

  // It may not be seen any more.
  remove(member) {
    if (shown() === "agenda" && member === this.#member) {
      this.#found = null;
      this.onLeave();
    }
  }

  async #fetch() {
    const member = this.#member;
    try {
      const found = await this.#api.agenda(member);
      if (member === this.#member) {
        this.#found = found;
        say($("agenda-trouble"), "");
      }
    } catch (error) {
      say($("agenda-trouble"), errorText(error));
    }
    this.redraw();
  }

  redraw() {
    if (!this.#member) {
      return;
    }
    $("agenda-heading").textContent = t("agenda.heading", { name: this.#name });
    $("agenda-why").textContent = t("agenda.why", { name: this.#name });
    this.#drawHour();
    this.#drawForm();
    if (!this.#found) {
      say($("agenda-nothing"), $("agenda-trouble").hidden ? t("wait") : "");
      $("agenda-days").replaceChildren();
      $("agenda-proposals").replaceChildren();
      return;
    }
    const { stale_since: stale, left_out: leftOut, proposals, entries } = this.#found;
    say($("agenda-zone"), this.#isElsewhere() ? t("agenda.zone", { name: this.#name }) : "");
    say($("agenda-stale"), stale ? t("agenda.stale", { when: this.#moment(stale) }) : "");
    const coming = entries.filter(({ day }) => day >= this.#today());
    say($("agenda-nothing"), coming.length === 0 ? t("agenda.nothing") : "");
    say($("agenda-more"), leftOut > 0 ? t("agenda.more", { count: leftOut }) : "");
    this.#drawDays(coming);
    $("agenda-proposed").hidden = proposals.length === 0;
    $("agenda-proposals").replaceChildren(...proposals.map((each) => this.#proposal(each)));
    $("agenda-day").min = this.#today();
  }

  // -- days ---------------------------------------------------------------------------

  #zone() {
    return this.#found?.zone || undefined;
  }

  // The day where the person is, as YYYY-MM-DD; or so many days later.
  #today(later = 0) {
    const at = new Date(this.#now() + later * 86400000);
    return this.#format("sv-SE", { dateStyle: "short" }, at);
  }

  #format(locale, options, at) {
    try {
      return new Intl.DateTimeFormat(locale, { ...options, timeZone: this.#zone() }).format(at);
    } catch {
      // A zone that this browser does not know.
      return new Intl.DateTimeFormat(locale, options).format(at);
    }
  }

  // Whether clocks there show another time now than here.
  #isElsewhere() {
    const at = new Date(this.#now());
    const here = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });
    return this.#format("sv-SE", { dateStyle: "short", timeStyle: "short" }, at) !== here.format(at);
  }

  #moment(seconds) {
    const options = { dateStyle: "long", timeStyle: "short" };
    return this.#format(language(), options, new Date(seconds * 1000));
  }

  #dayText(day) {
    if (day === this.#today()) {
      return t("agenda.today");
    }
    if (day === this.#today(1)) {
      return t("agenda.tomorrow");
    }
    return this.#dateText(day);
  }

  #dateText(day) {
    // A day is a day, in whatever zone it is written.
    const options = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
    return new Intl.DateTimeFormat(language(), options).format(new Date(`${day}T12:00:00Z`));
  }

  #timeText(time) {
    return time || t("agenda.all_day");
  }

  #drawDays(entries) {
    const days = new Map();
    for (const entry of entries) {
      days.set(entry.day, [...(days.get(entry.day) ?? []), entry]);
    }
    $("agenda-days").replaceChildren(
      ...[...days].map(([day, ofDay]) =>
        make(
          "section",
          { class: "agenda-day" },
          make("h2", { text: this.#dayText(day) }),
          make(
            "ul",
            {},
            ...ofDay.map(({ kind, what, time, place }) =>
              make(
                "li",
                {},
                make("span", { class: "agenda-time", text: this.#timeText(time) }),
                make(
                  "span",
                  { class: "agenda-what" },
                  kind === "birthday" ? t("agenda.birthday", { name: what }) : what,
                  ...(place ? [make("span", { class: "hint", text: place })] : []),
                ),
              ),
            ),
          ),
        ),
      ),
    );
  }

  // -- proposals ----------------------------------------------------------------------

  #proposal(proposal) {
    const { what, day, time, place, repeats, state } = proposal;
    const when = [
      repeats === "weekly" ? t("agenda.weekly_from", { day: this.#dateText(day) }) : this.#dayText(day),
      this.#timeText(time),
      ...(place ? [place] : []),
    ];
    const buttons = ANSWERED.includes(state)
      ? [this.#button("agenda.clear", what, () => this.#takeBack(proposal))]
      : [
          this.#button("agenda.change", what, () => this.#change(proposal)),
          this.#button("agenda.take_back", what, () => this.#takeBack(proposal)),
        ];
    return make(
      "li",
      { class: "card" },
      make("strong", { text: what }),
      make("p", { text: when.join(", ") }),
      make("p", { class: state === "in_agenda" ? "fact is-so" : "fact", text: t(`agenda.state.${state}`, { name: this.#name }) }),
      make("div", { class: "agenda-do" }, ...buttons),
    );
  }

  #button(key, what, work) {
    return make("button", {
      class: "button",
      type: "button",
      text: t(key),
      "aria-label": `${t(key)}: ${what}`,
      onclick: ({ currentTarget }) => whileBusy(currentTarget, work),
    });
  }

  async #takeBack({ id, state }) {
    try {
      await this.#api.takeBack(this.#member, id);
      say($("agenda-said"), ANSWERED.includes(state) ? "" : t("agenda.taken_back"));
      if (id === this.#replaces) {
        this.#clearForm();
      }
    } catch (error) {
      say($("agenda-trouble"), errorText(error));
    }
    await this.#fetch();
    $("agenda-heading").focus();
  }

  #change({ id, what, day, time, place, repeats }) {
    this.#replaces = id;
    $("agenda-what").value = what;
    $("agenda-day").value = day;
    $("agenda-time").value = time;
    $("agenda-all-day").checked = !time;
    $("agenda-repeats").value = repeats;
    $("agenda-place").value = place;
    this.#drawHour();
    this.#drawForm();
    $("agenda-what").focus();
  }

  #clearForm() {
    this.#replaces = "";
    $("agenda-form").reset();
    say($("agenda-error"), "");
    this.#drawHour();
    this.#drawForm();
  }

  #drawForm() {
    const isChange = this.#replaces !== "";
    $("agenda-form-heading").textContent = t(isChange ? "agenda.change_heading" : "agenda.propose");
    $("agenda-send").textContent = t(isChange ? "agenda.send_change" : "agenda.send");
    $("agenda-keep").hidden = !isChange;
  }

  #drawHour() {
    $("agenda-hour").hidden = $("agenda-all-day").checked;
  }

  // What is wrong with what was filled in, and where; null if it can be sent.
  #wrong(wish) {
    if (!/[\p{L}\p{N}]/u.test(wish.what)) {
      return ["agenda-what", "what"];
    }
    if (!wish.day) {
      return ["agenda-day", "day"];
    }
    if (!wish.time && !$("agenda-all-day").checked) {
      return ["agenda-time", "time"];
    }
    const format = { dateStyle: "short", timeStyle: "short" };
    const now = this.#format("sv-SE", format, new Date(this.#now()));
    const isOver = `${wish.day} ${wish.time || "23:59"}` <= now;
    return isOver && wish.repeats === "once" ? ["agenda-day", "over"] : null;
  }

  #send(event) {
    event.preventDefault();
    const isAllDay = $("agenda-all-day").checked;
    const wish = {
      what: $("agenda-what").value.trim(),
      day: $("agenda-day").value,
      time: isAllDay ? "" : $("agenda-time").value,
      place: $("agenda-place").value.trim(),
      repeats: $("agenda-repeats").value,
    };
    say($("agenda-said"), "");
    const wrong = this.#wrong(wish);
    for (const id of ["agenda-what", "agenda-day", "agenda-time"]) {
      $(id).setAttribute("aria-invalid", String(wrong?.[0] === id));
    }
    if (wrong) {
      say($("agenda-error"), t(`errors.${wrong[1]}`));
      $(wrong[0]).focus();
      return Promise.resolve();
    }
    return whileBusy($("agenda-send"), async () => {
      try {
        const replaces = this.#replaces ? { replaces: this.#replaces } : {};
        await this.#api.propose(this.#member, { ...wish, ...replaces });
      } catch (error) {
        say($("agenda-error"), errorText(error));
        await this.#fetch();
        return;
      }
      this.#clearForm();
      say($("agenda-said"), t("agenda.sent", { name: this.#name }));
      await this.#fetch();
    });
  }
}
