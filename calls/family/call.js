// A call as this page sees it: where it is, and what moves it on. The same table as
// calls/call.py, so that both ends say the same of one call.

export const TRANSITIONS = {
  calling: { rings: "ringing", accepted: "connecting", end: "ended" },
  ringing: { accepted: "connecting", end: "ended" },
  connecting: { sound_came: "active", reconnect: "reconnecting", end: "ended" },
  active: { nothing_comes: "interrupted", reconnect: "reconnecting", end: "ended" },
  interrupted: { sound_came: "active", reconnect: "reconnecting", end: "ended" },
  reconnecting: { sound_came: "active", end: "ended" },
  ended: {},
};

// Why a call did not come about, or ended (calls.messages.Reason).
export const REASONS = [
  "hung_up", "declined", "unanswered", "busy", "quiet", "elsewhere", "unreachable",
  "withdrawn", "offline", "lost", "failed", "no_microphone",
];

// In milliseconds. Nothing for 1.5 s is shown, for 4 s a new connection is made: as the
// device does. A new one that brings nothing is replaced after 8 s: gathering and a
// check of all ways over a relay take up to 5 s on a bad network.
export const TIMES = {
  interrupted: 1500,
  reconnect: 4000,
  again: 8000,
  connecting: 25000,
  lost: 40000,
  // How much later than the device a page stops ringing, in case its word is lost.
  grace: 5000,
};

export class Call {
  reason = null;
  // Whether the other side said so, or this page.
  isEndedHere = false;
  ringsBy = new Set();
  attempt = 0;
  wasActive = false;
  startedAt = null;
  endedAt = null;
  far = { microphone: true, camera: true, captions: false };

  constructor({ id, member, name, isIncoming, seconds }) {
    this.id = id;
    this.member = member;
    this.name = name;
    this.isIncoming = isIncoming;
    this.seconds = seconds;
    this.state = isIncoming ? "ringing" : "calling";
  }

  get isOver() {
    return this.state === "ended";
  }

  get rings() {
    return this.isIncoming && this.state === "ringing";
  }

  // Whether this end has said yes: then it is no longer meant by "elsewhere".
  get isAnswered() {
    return !["calling", "ringing", "ended"].includes(this.state);
  }

  // An event that is not in the table is late or doubled, and changes nothing.
  move(event) {
    const next = TRANSITIONS[this.state][event];
    if (next === undefined) {
      return false;
    }
    this.state = next;
    if (next === "active") {
      this.wasActive = true;
      this.startedAt ??= Date.now();
    }
    return true;
  }

  end(reason, isEndedHere) {
    if (!this.move("end")) {
      return false;
    }
    this.reason = REASONS.includes(reason) ? reason : "failed";
    this.isEndedHere = isEndedHere;
    this.endedAt = Date.now();
    return true;
  }

  // Whether somebody answered on this page, also when it is over.
  get answeredHere() {
    return this.attempt > 0;
  }

  // What is to be done when nothing has come for this long, in milliseconds, and the
  // last connection was made this long ago: an event of the table, "again" or null.
  next(silentMs, sinceOfferMs) {
    switch (this.state) {
      case "connecting":
        return sinceOfferMs > TIMES.connecting ? "failed" : null;
      case "active":
        return silentMs > TIMES.interrupted ? "nothing_comes" : null;
      case "interrupted":
        if (silentMs < TIMES.interrupted) {
          return "sound_came";
        }
        return silentMs > TIMES.reconnect ? "reconnect" : null;
      case "reconnecting":
        if (silentMs > TIMES.lost) {
          return "lost";
        }
        return sinceOfferMs > TIMES.again ? "again" : null;
      default:
        return null;
    }
  }
}
