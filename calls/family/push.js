// Lets this telephone or computer ring while the page is closed (Web Push).

import { isIOS, isInstalled } from "./install.js";

// A subscription that the browser does not get within this time will not come: it
// waits for a push service that is out of reach.
const SUBSCRIBE_WITHIN_MS = 15000;

export class Push {
  onChange = () => {};
  // Touched in a notification: "answer" with a call, or "home".
  onTouch = () => {};
  #api;
  #isOn = false;

  constructor(api) {
    this.#api = api;
    navigator.serviceWorker?.addEventListener("message", ({ data }) => this.onTouch(data));
  }

  // "on", "off", "denied", "install_first" or "unsupported".
  get state() {
    if (isIOS && !isInstalled) {
      return "install_first";
    }
    if (!("serviceWorker" in navigator) || !("PushManager" in globalThis)) {
      return "unsupported";
    }
    if (Notification.permission === "denied") {
      return "denied";
    }
    return Notification.permission === "granted" && this.#isOn ? "on" : "off";
  }

  async register() {
    try {
      await navigator.serviceWorker?.register("/sw.js", { updateViaCache: "none" });
    } catch (error) {
      // Private windows of some browsers have none; the open page rings without.
      console.info("no service worker:", error.name);
    }
  }

  // Only within a tap: iOS and Firefox ask at no other moment.
  async enable(key) {
    if ((await Notification.requestPermission()) === "granted") {
      await this.#subscribe(key);
    }
    this.onChange();
  }

  // At each start: browsers replace subscriptions without a word.
  async renew(key) {
    if (["on", "off"].includes(this.state) && Notification.permission === "granted") {
      await this.#subscribe(key);
    }
    this.onChange();
  }

  async disable() {
    const subscription = await this.#current();
    if (subscription) {
      await this.#api.removePush(subscription.endpoint);
      await subscription.unsubscribe();
    }
    this.#isOn = false;
    this.onChange();
  }

  // Take away the notification of a call that is shown here, or over.
  async clear(tag) {
    const worker = await navigator.serviceWorker?.getRegistration();
    const shown = (await worker?.getNotifications({ tag })) ?? [];
    shown.forEach((each) => each.close());
  }

  async #current() {
    const worker = await navigator.serviceWorker?.getRegistration();
    return worker?.pushManager?.getSubscription() ?? null;
  }

  async #subscribe(key) {
    try {
      const worker = await navigator.serviceWorker.ready;
      const wish = { userVisibleOnly: true, applicationServerKey: key };
      const subscription = await within(
        SUBSCRIBE_WITHIN_MS,
        worker.pushManager.subscribe(wish),
      );
      await this.#api.savePush(subscription.toJSON());
      this.#isOn = true;
    } catch (error) {
      if (error.name === "InvalidStateError") {
        // Of a hub with another key: that one is of no use any more.
        await (await this.#current())?.unsubscribe();
      }
      console.info("no push:", error.code ?? error.name);
      this.#isOn = false;
    }
  }
}

function within(ms, promise) {
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new DOMException("too late", "TimeoutError")), ms),
  );
  return Promise.race([promise, late]);
}
