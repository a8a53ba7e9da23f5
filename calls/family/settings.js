// What can be changed: notifications, text messages, passkeys, camera and microphone,
// logging out.

import { $, icon, make, say, whileBusy } from "./dom.js";
import { drawNotify } from "./home.js";
import { errorText } from "./join.js";
import { canUsePasskeys } from "./passkeys.js";
import { show } from "./screens.js";
import { t } from "./texts.js";

export class Settings {
  // Out of here: "home", "test" or "out".
  onLeave = () => {};
  #api;
  #push;
  #joining;
  #me = null;

  constructor(api, push, joining) {
    this.#api = api;
    this.#push = push;
    this.#joining = joining;
    $("settings-back").onclick = () => this.onLeave("home");
    $("settings-test").onclick = () => this.onLeave("test");
    $("settings-log-out").onclick = () => this.onLeave("out");
    $("settings-passkey").onclick = () => this.#addPasskey();
    $("settings-phone-form").onsubmit = (event) => this.#savePhone(event);
    $("settings-phone-remove").onclick = () => this.#removePhone();
  }

  open(me) {
    this.#me = me;
    say($("settings-error"), "");
    this.#sayOfPhone("");
    $("settings-phone").value = me.phone ?? "";
    show("settings");
    this.redraw();
  }

  redraw() {
    if (!this.#me) {
      return;
    }
    $("settings-name").textContent = t("settings.name", { name: this.#me.name });
    drawNotify($("settings-notify"), this.#push, this.#me.push_key, { canTurnOff: true });
    this.#drawPhone();
    this.#drawPasskeys();
  }

  // Where the hub can have text messages sent. Who once gave a number may always
  // take it away.
  #drawPhone() {
    const { can_text: canText, phone } = this.#me;
    $("settings-text").hidden = !canText && !phone;
    $("settings-phone-save").hidden = !canText;
    $("settings-phone-remove").hidden = !phone;
    $("settings-text-why").textContent = t("settings.text_why");
  }

  #sayOfPhone(text, isError = false) {
    say($("settings-phone-error"), isError ? text : "");
    say($("settings-phone-said"), isError ? "" : text);
    $("settings-phone").setAttribute("aria-invalid", String(isError));
  }

  #savePhone(event) {
    event.preventDefault();
    const written = $("settings-phone").value.trim();
    if (!written) {
      return this.#me.phone ? this.#removePhone() : Promise.resolve();
    }
    return whileBusy($("settings-phone-save"), async () => {
      try {
        const { phone } = await this.#api.savePhone(written);
        this.#me.phone = phone;
        $("settings-phone").value = phone;
        this.#sayOfPhone(t("settings.phone_saved"));
      } catch (error) {
        this.#sayOfPhone(errorText(error), true);
      }
      this.#drawPhone();
    });
  }

  #removePhone() {
    return whileBusy($("settings-phone-remove"), async () => {
      try {
        await this.#api.removePhone();
        this.#me.phone = "";
        $("settings-phone").value = "";
        this.#sayOfPhone(t("settings.phone_removed"));
        $("settings-phone").focus();
      } catch (error) {
        this.#sayOfPhone(errorText(error), true);
      }
      this.#drawPhone();
    });
  }

  async #drawPasskeys() {
    const place = $("settings-passkeys");
    $("settings-passkey").hidden = !canUsePasskeys();
    let found;
    try {
      found = await this.#api.passkeys();
    } catch (error) {
      say($("settings-error"), errorText(error));
      return;
    }
    if (found.length === 0) {
      const text = t(canUsePasskeys() ? "settings.passkeys_none" : "passkey.unsupported");
      place.replaceChildren(make("li", { text }));
      return;
    }
    place.replaceChildren(
      ...found.map(({ id, name }, index) => {
        const shownName = name || t("settings.passkey_default", { number: index + 1 });
        return make(
          "li",
          {},
          make("span", { text: shownName }),
          make(
            "button",
            {
              class: "button",
              type: "button",
              "aria-label": t("settings.passkey_remove", { name: shownName }),
              onclick: ({ currentTarget }) =>
                whileBusy(currentTarget, () => this.#remove(id)),
            },
            icon("cross"),
          ),
        );
      }),
    );
  }

  async #remove(id) {
    try {
      await this.#api.removePasskey(id);
    } catch (error) {
      say($("settings-error"), errorText(error));
    }
    await this.#drawPasskeys();
    $("settings-passkey").focus();
  }

  #addPasskey() {
    return whileBusy($("settings-passkey"), async () => {
      say($("settings-error"), "");
      try {
        await this.#joining.addPasskey();
      } catch (error) {
        console.info("no passkey:", error.name);
        say($("settings-error"), t("passkey.failed"));
      }
      await this.#drawPasskeys();
    });
  }
}
