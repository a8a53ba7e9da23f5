// From an invitation or a link to the first call: look, accept, and what makes it work.

import { $, icon, make, say, whileBusy } from "./dom.js";
import { deviceName, isIOS } from "./install.js";
import { canUsePasskeys, makePasskey, usePasskey } from "./passkeys.js";
import { show } from "./screens.js";
import { has, language, list, t } from "./texts.js";

// What is wrong, in words: by the name the hub gives it, else by what was tried.
export function errorText(error, about = "unknown") {
  if (error.status === 429) {
    return t("errors.too_many");
  }
  const isOurFault = error.status >= 500;
  const code = has(`errors.${error.code}`) ? error.code : isOurFault ? "unknown" : about;
  return t(`errors.${code}`);
}

function fillMarks(place, texts, mark, name) {
  place.replaceChildren(
    ...texts.map((text) =>
      make("li", {}, icon(mark), make("span", { text: text.replaceAll("{name}", name) })),
    ),
  );
}

export class Joining {
  // All is done: to the households.
  onDone = () => {};
  #api;
  #pages;
  // Who invited; the notification names them.
  #household = "";
  #redraw = () => {};

  // pages: {notify, test}, each a function that shows one and awaits its end.
  constructor(api, pages) {
    this.#api = api;
    this.#pages = pages;
    $("passkey-make").onclick = () => this.#makePasskey();
    $("login-passkey").onclick = () => this.#usePasskey();
    $("login-form").onsubmit = (event) => this.#askLink(event);
  }

  // After another language was chosen.
  redraw() {
    this.#redraw();
  }

  // -- an invitation ----------------------------------------------------------------

  async invited(token) {
    let invitation;
    try {
      invitation = await this.#api.lookAtInvitation(token);
    } catch (error) {
      this.#failed("join.failed_heading", error, "invitation");
      return;
    }
    this.#household = invitation.household;
    this.#redraw = () => this.#drawInvitation(invitation);
    this.#redraw();
    $("join-form").onsubmit = (event) => {
      event.preventDefault();
      whileBusy($("join-form").querySelector("button"), () => this.#accept(token));
    };
    show("join");
  }

  #drawInvitation({ household, name }) {
    $("join-heading").textContent = t("join.heading", { name: household });
    $("join-hello").textContent = t("join.hello", { name });
    $("join-stop").textContent = t("join.stop", { name: household });
    fillMarks($("join-can"), list("join.can"), "check", household);
    fillMarks($("join-cannot"), list("join.cannot"), "cross", household);
  }

  async #accept(token) {
    const email = $("join-email");
    email.value = email.value.trim();
    if (!email.checkValidity()) {
      say($("join-error"), t("errors.email"));
      email.setAttribute("aria-invalid", "true");
      email.focus();
      return;
    }
    email.removeAttribute("aria-invalid");
    try {
      await this.#api.acceptInvitation(token, language(), email.value);
    } catch (error) {
      // Of all that is sent only an address can have a shape that the hub refuses.
      const about = error.code === "malformed" ? "email" : "invitation";
      say($("join-error"), errorText(error, about));
      return;
    }
    history.replaceState(null, "", "/");
    await this.#api.me();
    await this.#offerPasskey();
    await this.#pages.notify(this.#household);
    await this.#pages.test();
    this.onDone();
  }

  #offerPasskey() {
    if (!canUsePasskeys()) {
      return Promise.resolve();
    }
    $("passkey-ios").hidden = !isIOS;
    say($("passkey-error"), "");
    return new Promise((resolve) => {
      $("passkey-skip").onclick = resolve;
      this.#passkeyMade = resolve;
      show("passkey");
    });
  }

  #passkeyMade = () => {};

  #makePasskey() {
    return whileBusy($("passkey-make"), async () => {
      try {
        await this.addPasskey();
        this.#passkeyMade();
      } catch (error) {
        console.info("no passkey:", error.name);
        say($("passkey-error"), t("passkey.failed"));
      }
    });
  }

  async addPasskey() {
    const credential = await makePasskey(await this.#api.passkeyOffer());
    await this.#api.addPasskey(credential, deviceName());
  }

  // -- logging in ---------------------------------------------------------------------

  logIn() {
    $("login-passkey").hidden = $("login-or").hidden = !canUsePasskeys();
    say($("login-error"), "");
    say($("login-sent"), "");
    this.#redraw = () => {};
    show("login");
  }

  #usePasskey() {
    return whileBusy($("login-passkey"), async () => {
      try {
        const options = await this.#api.passkeyChallenge();
        await this.#api.logIn(await usePasskey(options));
      } catch (error) {
        console.info("no passkey:", error.name);
        const isOffline = error.code === "offline" || error.status === 429;
        say($("login-error"), isOffline ? errorText(error) : t("login.passkey_failed"));
        return;
      }
      this.onDone();
    });
  }

  #askLink(event) {
    event.preventDefault();
    const email = $("login-email");
    email.value = email.value.trim();
    const isWrong = !email.checkValidity();
    email.setAttribute("aria-invalid", String(isWrong));
    say($("login-email-error"), isWrong ? t("errors.email") : "");
    if (isWrong) {
      email.focus();
      return;
    }
    whileBusy($("login-form").querySelector("button"), async () => {
      try {
        await this.#api.sendLink(email.value, language());
        say($("login-sent"), t("login.sent"));
      } catch (error) {
        const about = error.code === "malformed" ? "email" : "unknown";
        say($("login-email-error"), errorText(error, about));
      }
    });
  }

  // Pressed, not followed: a program that looks at mail must not use the link up.
  linked(token) {
    $("link-use").onclick = () =>
      whileBusy($("link-use"), async () => {
        try {
          await this.#api.useLink(token);
        } catch (error) {
          if (error.code === "offline") {
            say($("link-error"), errorText(error));
          } else {
            this.#failed("login.link_failed_heading", error, "link");
          }
          return;
        }
        history.replaceState(null, "", "/");
        this.onDone();
      });
    show("link");
  }

  #failed(heading, error, about) {
    history.replaceState(null, "", "/");
    this.#redraw = () => {
      $("failed-heading").textContent = t(heading);
      $("failed-text").textContent = errorText(error, about);
      const next = $("failed-next");
      next.textContent = t(error.code === "offline" ? "again" : "login.heading");
      next.onclick = () => (error.code === "offline" ? location.reload() : this.logIn());
    };
    this.#redraw();
    show("failed");
  }
}
