// The one call of this page: takes what the hub hands on, and does what the user wants.

import { Call } from "./call.js";
import { Connection } from "./media.js";
import { newId } from "./messages.js";

const RING_SECONDS = 45;

// How often it is looked at whether anything comes.
const LOOK_MS = 250;

// A call of before a reload is gone on with if the page is back within this time.
const RESUME_MS = 30000;
const KEPT = "praatpaal-call";

// A camera opens within this time; if not, the browser is asking the user.
const ASKED_MS = 1500;

export class Phone {
  // The call is at another state, or something of it is to be shown anew.
  onChange = () => {};
  // Sound and picture of the other side.
  onStream = () => {};
  call = null;
  wantsMicrophone = true;
  wantsCamera = true;
  isAsking = false;
  page = newId();
  #link;
  #devices;
  #getServers;
  #connection = null;
  #watch = null;
  #ringTimer = null;
  // By performance.now(): a clock that is set right ends no call.
  #offeredAt = 0;
  #came = { packets: 0, pictures: 0, at: 0 };
  // What the other side last heard of camera and microphone here.
  #told = null;
  // Answered in a notification, before the ring came here.
  #answerSoon = null;

  constructor(link, devices, getServers) {
    this.#link = link;
    this.#devices = devices;
    this.#getServers = getServers;
    this.#devices.onChange = () => this.#devicesChanged();
    addEventListener("pagehide", () => this.#keep());
    document.addEventListener("visibilitychange", () => this.#tellRinging());
  }

  get isBusy() {
    return this.call !== null && !this.call.isOver;
  }

  get hasPicture() {
    return this.#came.pictures > 0 && this.call?.far.camera;
  }

  // -- what the user does ---------------------------------------------------------

  ring(member, name) {
    if (this.isBusy) {
      return;
    }
    this.#begin({ id: newId(), member, name, isIncoming: false, seconds: RING_SECONDS });
    this.#send("ring", { name: "", seconds: RING_SECONDS });
    this.onChange();
  }

  async answer() {
    const call = this.call;
    if (!call?.rings) {
      return;
    }
    call.move("accepted");
    // First of all, so that it stops ringing elsewhere.
    this.#send("accepted", {});
    await this.#start();
  }

  decline() {
    this.end("declined");
  }

  hangUp() {
    this.end("hung_up");
  }

  end(reason) {
    if (this.isBusy) {
      this.#send("ended", { reason });
      this.#finish(reason, true);
    }
  }

  // It was read how the call ended.
  dismiss() {
    if (!this.isBusy) {
      this.call = null;
    }
  }

  setMicrophone(isOn) {
    this.wantsMicrophone = isOn;
    this.#applyMicrophone();
    this.#tellMedia();
    this.onChange();
  }

  async setCamera(isOn) {
    this.wantsCamera = isOn;
    if (isOn) {
      await this.#devices.openCamera();
    } else {
      this.#devices.closeCamera();
    }
    await this.#devicesChanged();
  }

  async switchCamera() {
    await this.#devices.switchCamera();
    await this.#devicesChanged();
  }

  // The person was answered in a notification: as soon as the ring comes here.
  answerSoon(call) {
    this.#answerSoon = call;
    if (this.call?.id === call) {
      this.answer();
    }
  }

  // Go on with the call of before a reload, if there was one a moment ago.
  resume() {
    const text = sessionStorage.getItem(KEPT);
    // Taken out at once: a doubled tab gets a copy of what is kept, and must not
    // become the same page twice.
    sessionStorage.removeItem(KEPT);
    const before = text ? JSON.parse(text) : null;
    if (!before || Date.now() - before.at > RESUME_MS) {
      return;
    }
    this.page = before.page;
    this.wantsMicrophone = before.wantsMicrophone;
    this.wantsCamera = before.wantsCamera;
    this.#begin({ ...before.call, isIncoming: before.call.isIncoming });
    Object.assign(this.call, before.state);
    this.call.move("reconnect");
    this.#came.at = performance.now();
    this.#start();
  }

  #keep() {
    const { call } = this;
    // A call that is being set up has no sound to go on with; ringing comes again.
    if (!call?.wasActive || call.isOver) {
      return;
    }
    const { id, member, name, isIncoming, seconds, attempt, startedAt, far } = call;
    sessionStorage.setItem(
      KEPT,
      JSON.stringify({
        at: Date.now(),
        page: this.page,
        wantsMicrophone: this.wantsMicrophone,
        wantsCamera: this.wantsCamera,
        call: { id, member, name, isIncoming, seconds },
        state: { state: "active", wasActive: true, attempt, startedAt, far },
      }),
    );
  }

  // -- what comes -----------------------------------------------------------------

  receive(message) {
    if (message.type === "ring") {
      this.#rung(message);
      return;
    }
    const { call } = this;
    const isOurs =
      call?.id === message.call &&
      call.member === message.member &&
      (message.page === "" || message.page === this.page);
    // Of a call that this page does not know, or no longer: nothing to be done.
    if (!isOurs || call.isOver) {
      return;
    }
    switch (message.type) {
      case "ringing":
        call.move("rings");
        call.ringsBy.add(message.by);
        break;
      case "accepted":
        if (!call.isIncoming && call.move("accepted")) {
          this.#start();
        }
        break;
      case "answer":
        this.#answered(message);
        break;
      case "candidate":
        if (message.attempt === call.attempt) {
          this.#connection?.addCandidate(message.candidate, message.mid);
        }
        break;
      case "reconnect":
        if (message.attempt > call.attempt && call.isAnswered) {
          call.move("reconnect");
          this.#connect(message.attempt);
        }
        break;
      case "media":
        call.far = {
          microphone: message.microphone,
          camera: message.camera,
          captions: message.captions,
        };
        break;
      case "ended":
        // To all pages: that it was answered here is told to the others.
        if (message.reason === "elsewhere" && message.page === "" && call.isAnswered) {
          return;
        }
        this.#finish(message.reason, false);
        break;
    }
    this.onChange();
  }

  #rung(message) {
    const { call } = this;
    if (call?.id === message.call) {
      // Said again, because a page was opened or a link came back.
      this.#tellRinging();
      return;
    }
    let isMutual = false;
    if (this.isBusy) {
      if (call.member !== message.member) {
        this.#sendFor(message, "ended", { reason: "busy" });
        return;
      }
      // They have one call at a time: the old one is over. And who calls while being
      // called wants to talk.
      isMutual = !call.isIncoming && !call.isAnswered;
      this.#send("ended", { reason: isMutual ? "hung_up" : "lost" });
      this.#finish("lost", false);
    }
    this.#begin({
      id: message.call,
      member: message.member,
      name: message.name,
      isIncoming: true,
      seconds: message.seconds,
    });
    this.#tellRinging();
    this.onChange();
    if (isMutual || this.#answerSoon === message.call) {
      this.answer();
    }
  }

  // Only a page that can be seen says that it rings: else the hub looks for more.
  #tellRinging() {
    if (this.call?.rings && document.visibilityState === "visible") {
      if (!this.call.ringsBy.has("page")) {
        this.call.ringsBy.add("page");
        this.#send("ringing", { by: "page" });
      }
    }
  }

  async #answered({ attempt, sdp }) {
    const connection = this.#connection;
    if (attempt !== this.call.attempt || !connection) {
      return;
    }
    try {
      await connection.answer(sdp);
    } catch (error) {
      // Repeated, or of a connection that was replaced meanwhile.
      console.info("left out an answer:", error.name);
    }
  }

  // The hub did not take something in time.
  lost(message) {
    if (message.call === this.call?.id && ["ring", "accepted"].includes(message.type)) {
      this.#finish("offline", true);
    }
  }

  // The household is followed no longer.
  gone(member) {
    if (this.isBusy && this.call.member === member) {
      this.#finish("withdrawn", false);
    }
  }

  // -- the connection -------------------------------------------------------------

  #begin(facts) {
    this.call = new Call(facts);
    this.#came = { packets: 0, pictures: 0, at: performance.now() };
    clearTimeout(this.#ringTimer);
    const { call } = this;
    this.#ringTimer = setTimeout(() => {
      if (this.call === call && !call.isAnswered && !call.isOver) {
        this.#finish("unanswered", false);
      }
    }, facts.seconds * 1000 + 5000);
  }

  // Camera and microphone open while the connection is being made: either can be slow.
  async #start() {
    const { call } = this;
    clearTimeout(this.#ringTimer);
    this.#watch ??= setInterval(() => this.#look(), LOOK_MS);
    this.#connect(call.attempt + 1);
    this.onChange();
    const asking = setTimeout(() => {
      this.isAsking = true;
      this.onChange();
    }, ASKED_MS);
    await this.#devices.open({ camera: this.wantsCamera });
    clearTimeout(asking);
    if (this.call !== call || call.isOver) {
      // Hung up while the user was asked; the next call opens its own.
      if (!this.isBusy) {
        this.#devices.close();
      }
      return;
    }
    this.isAsking = false;
    if (!this.#devices.audio) {
      this.end("no_microphone");
      return;
    }
    await this.#devicesChanged();
  }

  async #connect(attempt) {
    const { call } = this;
    call.attempt = attempt;
    this.#offeredAt = performance.now();
    this.#connection?.close();
    this.#connection = null;
    const isCurrent = () => this.call === call && !call.isOver && call.attempt === attempt;
    let servers = [];
    try {
      servers = await this.#getServers();
    } catch (error) {
      // Without them only what is reached directly: in the same house.
      console.info("no servers:", error.code);
    }
    if (!isCurrent()) {
      return;
    }
    const connection = new Connection(servers);
    this.#connection = connection;
    const waiting = [];
    let isOffered = false;
    const tell = (candidate) =>
      this.#send("candidate", {
        attempt,
        candidate: candidate?.candidate ?? "",
        mid: candidate?.sdpMid ?? "",
      });
    // Not before the offer that they belong to.
    connection.onCandidate = (each) => (isOffered ? tell(each) : waiting.push(each));
    connection.onStream = (stream) => isCurrent() && this.onStream(stream);
    connection.onFailure = () => isCurrent() && this.#failed();
    await connection.send(this.#devices.audio, this.#devices.video);
    const sdp = await connection.offer();
    if (!isCurrent()) {
      return;
    }
    this.#send("offer", { attempt, sdp });
    this.#told = null;
    isOffered = true;
    waiting.forEach(tell);
    this.#tellMedia();
  }

  #failed() {
    if (this.call.wasActive) {
      this.#reconnect();
    }
    // Before that the time for connecting decides: another way may still be found.
  }

  #reconnect() {
    if (this.call.move("reconnect") || this.call.state === "reconnecting") {
      this.#connect(this.call.attempt + 1);
      this.onChange();
    }
  }

  async #look() {
    const { call } = this;
    const connection = this.#connection;
    if (connection) {
      const { packets, pictures } = await connection.received();
      if (connection !== this.#connection || call !== this.call || call.isOver) {
        return;
      }
      this.#take(connection, packets, pictures);
    }
    const now = performance.now();
    switch (call.next(now - this.#came.at, now - this.#offeredAt)) {
      case "sound_came":
        call.move("sound_came");
        this.onChange();
        break;
      case "nothing_comes":
        call.move("nothing_comes");
        this.onChange();
        break;
      case "reconnect":
      case "again":
        this.#reconnect();
        break;
      case "failed":
      case "lost":
        this.end(call.next(now - this.#came.at, now - this.#offeredAt));
        break;
    }
  }

  #take(connection, packets, pictures) {
    const came = this.#came;
    const isNew = came.connection !== connection;
    const hadPicture = this.hasPicture;
    if (packets > (isNew ? 0 : came.packets)) {
      came.at = performance.now();
      if (["connecting", "reconnecting"].includes(this.call.state)) {
        this.call.move("sound_came");
        this.onChange();
      }
    }
    came.packets = packets;
    came.pictures = pictures;
    came.connection = connection;
    if (this.hasPicture !== hadPicture) {
      this.onChange();
    }
  }

  #applyMicrophone() {
    if (this.#devices.audio) {
      this.#devices.audio.enabled = this.wantsMicrophone;
    }
  }

  async #devicesChanged() {
    if (this.call?.isAnswered) {
      this.#applyMicrophone();
      await this.#connection?.send(this.#devices.audio, this.#devices.video);
      this.#tellMedia();
    }
    this.onChange();
  }

  #tellMedia() {
    if (!this.call?.isAnswered) {
      return;
    }
    const now = {
      microphone: this.wantsMicrophone && this.#devices.audio !== null,
      camera: this.#devices.video !== null,
      captions: false,
    };
    if (JSON.stringify(now) !== JSON.stringify(this.#told)) {
      this.#told = now;
      this.#send("media", now);
    }
  }

  #finish(reason, isEndedHere) {
    const { call } = this;
    if (!call.end(reason, isEndedHere)) {
      return;
    }
    clearInterval(this.#watch);
    clearTimeout(this.#ringTimer);
    this.#watch = null;
    this.isAsking = false;
    this.wantsMicrophone = true;
    this.wantsCamera = true;
    this.#answerSoon = null;
    this.#connection?.close();
    this.#connection = null;
    const { audioTrouble, videoTrouble } = this.#devices;
    this.#devices.close();
    call.trouble = { audio: audioTrouble, video: videoTrouble };
    this.#link.forget((each) => each.call === call.id && each.type !== "ended");
    this.onChange();
  }

  #send(type, fields) {
    this.#sendFor({ call: this.call.id, member: this.call.member }, type, fields);
  }

  #sendFor({ call, member }, type, fields) {
    this.#link.send({ type, id: newId(), call, member, page: this.page, ...fields });
  }
}
