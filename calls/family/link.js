// The WebSocket to the hub: comes back by itself. What carries an id is repeated until
// it is acknowledged; what comes twice is acted on once.

import { read } from "./messages.js";

export const REPEAT_MS = 1000;
export const GIVE_UP_MS = 20000;

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8000;

// An open socket on which nothing is acknowledged for this long goes nowhere: the
// telephone went from Wi-Fi to mobile, or slept.
const DEAF_MS = 4000;

// A page that was out of sight for longer may have lost its connection unnoticed.
const SLEPT_MS = 30000;

// Ids of what came lately; a repeat comes within GIVE_UP_MS.
const MOST_IDS = 1000;

export class Link {
  onMessage = () => {};
  onState = () => {};
  // Nobody acknowledged this message in time.
  onLost = () => {};
  // It could not be opened, this many times in a row.
  onFailure = () => {};
  #socket = null;
  #isOpen = false;
  #isWanted = false;
  #page = "";
  #retryMs = FIRST_RETRY_MS;
  #retryTimer = null;
  #repeatTimer = null;
  #failures = 0;
  #hiddenSince = null;
  #heardAt = 0;
  // Insertion order is the order in which they are sent.
  #unacknowledged = new Map();
  #seen = new Set();

  constructor() {
    addEventListener("online", () => this.#renew());
    navigator.connection?.addEventListener?.("change", () => this.#renew());
    document.addEventListener("visibilitychange", () => this.#seenOrNot());
    // Restored from the browser's page cache: its socket is gone.
    addEventListener("pageshow", ({ persisted }) => persisted && this.#renew());
  }

  get isOpen() {
    return this.#isOpen;
  }

  // page: the id of this page, by which the hub knows it again.
  open(page) {
    this.#page = page;
    this.#isWanted = true;
    if (!this.#socket) {
      this.#connect();
    }
  }

  close() {
    this.#isWanted = false;
    clearTimeout(this.#retryTimer);
    this.#unacknowledged.clear();
    this.#drop();
  }

  send(message) {
    const text = JSON.stringify(message);
    if (message.id !== undefined && message.type !== "ack") {
      this.#unacknowledged.set(message.id, { message, text, since: Date.now() });
      this.#repeatTimer ??= setInterval(() => this.#repeat(), REPEAT_MS);
    }
    this.#write(text);
  }

  // No longer repeat what this says of: a call that has ended.
  forget(isMeant) {
    for (const [id, { message }] of this.#unacknowledged) {
      if (isMeant(message)) {
        this.#unacknowledged.delete(id);
      }
    }
  }

  #connect() {
    clearTimeout(this.#retryTimer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/page?page=${this.#page}`);
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(data);
    socket.onclose = () => socket === this.#socket && this.#closed();
    this.#socket = socket;
  }

  #closed() {
    this.#socket = null;
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (wasOpen) {
      this.onState(false);
    } else {
      this.#failures += 1;
      this.onFailure(this.#failures);
    }
    if (this.#isWanted) {
      // Not all pages of a hub that starts anew at the same moment.
      const waitMs = this.#retryMs * (0.5 + Math.random());
      this.#retryTimer = setTimeout(() => this.#connect(), waitMs);
      this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
    }
  }

  #drop() {
    const socket = this.#socket;
    if (socket) {
      this.#closed();
      socket.close();
    }
  }

  #renew() {
    if (this.#isWanted) {
      this.#retryMs = FIRST_RETRY_MS;
      this.#drop();
      this.#connect();
    }
  }

  #seenOrNot() {
    if (document.visibilityState === "hidden") {
      this.#hiddenSince = Date.now();
      return;
    }
    const sleptMs = Date.now() - (this.#hiddenSince ?? Date.now());
    this.#hiddenSince = null;
    if (!this.#isOpen || sleptMs > SLEPT_MS) {
      this.#renew();
    }
  }

  #receive(data) {
    this.#heardAt = Date.now();
    const message = read(data);
    if (message === null) {
      return;
    }
    if (message.type === "ack") {
      this.#unacknowledged.delete(message.id);
      return;
    }
    if (message.type === "welcome") {
      this.#welcomed();
    }
    if (message.id !== undefined) {
      this.send({ type: "ack", id: message.id });
      if (this.#seen.has(message.id)) {
        return;
      }
      this.#remember(message.id);
    }
    this.onMessage(message);
  }

  #remember(id) {
    this.#seen.add(id);
    if (this.#seen.size > MOST_IDS) {
      this.#seen.delete(this.#seen.values().next().value);
    }
  }

  #welcomed() {
    this.#isOpen = true;
    this.#retryMs = FIRST_RETRY_MS;
    this.#failures = 0;
    this.onState(true);
    for (const { text } of this.#unacknowledged.values()) {
      this.#write(text);
    }
  }

  #write(text) {
    // Before the welcome the hub may not know yet whose page this is.
    if (this.#isOpen && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(text);
    }
  }

  #repeat() {
    const now = Date.now();
    for (const [id, { message, text, since }] of this.#unacknowledged) {
      if (now - since > GIVE_UP_MS) {
        this.#unacknowledged.delete(id);
        this.onLost(message);
      } else {
        this.#write(text);
      }
    }
    const waiting = [...this.#unacknowledged.values()];
    if (waiting.length === 0) {
      clearInterval(this.#repeatTimer);
      this.#repeatTimer = null;
    } else if (
      this.#isOpen &&
      now - waiting[0].since > DEAF_MS &&
      now - this.#heardAt > DEAF_MS
    ) {
      this.#renew();
    }
  }
}
