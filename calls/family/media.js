// One connection for sound and picture. Each attempt within a call has one of its own;
// this page always makes the offer.

// What the device knows, best first. Others would be offered in vain.
const VIDEO = ["video/h264", "video/vp8"];
const REPAIR = ["video/rtx", "video/red", "video/ulpfec"];

function preference(codec) {
  const rank = VIDEO.indexOf(codec.mimeType.toLowerCase());
  if (rank === 0) {
    // Constrained baseline in several packets: every H264 decoder has it.
    const fmtp = codec.sdpFmtpLine ?? "";
    return fmtp.includes("packetization-mode=1") && /profile-level-id=42[ce]0/i.test(fmtp)
      ? 0
      : 1;
  }
  return rank + 1;
}

function videoCodecs() {
  const known = RTCRtpReceiver.getCapabilities?.("video")?.codecs ?? [];
  const wanted = known.filter(({ mimeType }) => VIDEO.includes(mimeType.toLowerCase()));
  const repair = known.filter(({ mimeType }) => REPAIR.includes(mimeType.toLowerCase()));
  // Sorting is stable: within a rank the browser's own order stays.
  return [...wanted.sort((a, b) => preference(a) - preference(b)), ...repair];
}

// Ask for repair data within Opus (RFC 7587, 6.1), where the browser does not yet.
export function withForwardErrorCorrection(sdp) {
  const opus = /^a=rtpmap:(\d+) opus\/48000/im.exec(sdp)?.[1];
  if (opus === undefined) {
    return sdp;
  }
  const line = new RegExp(`^a=fmtp:${opus} (.*)$`, "m");
  const parameters = line.exec(sdp)?.[1];
  if (parameters === undefined) {
    return sdp.replace(
      new RegExp(`^(a=rtpmap:${opus} .*)$`, "m"),
      `$1\r\na=fmtp:${opus} minptime=10;useinbandfec=1`,
    );
  }
  return parameters.includes("useinbandfec=1")
    ? sdp
    : sdp.replace(line, `a=fmtp:${opus} ${parameters.trim()};useinbandfec=1`);
}

export class Connection {
  // One more way to here; null: there are no more.
  onCandidate = () => {};
  // Sound or picture of the other side is on its way.
  onStream = () => {};
  // No way was found, or it is gone for good.
  onFailure = () => {};
  #peer;
  #audio;
  #video;
  #far = new MediaStream();
  // Candidates of the other side that came before its answer.
  #early = [];

  constructor(servers) {
    // Always a list: without one some browsers ask a server of a third party.
    this.#peer = new RTCPeerConnection({
      iceServers: servers,
      bundlePolicy: "max-bundle",
    });
    this.#audio = this.#peer.addTransceiver("audio", { direction: "sendrecv" });
    this.#video = this.#peer.addTransceiver("video", { direction: "sendrecv" });
    const codecs = videoCodecs();
    if (codecs.length > 0) {
      // Not in Firefox before 128; there VP8 comes first, which is fine too.
      this.#video.setCodecPreferences?.(codecs);
    }
    this.#peer.ontrack = ({ track }) => {
      this.#far.addTrack(track);
      this.onStream(this.#far);
    };
    this.#peer.onicecandidate = ({ candidate }) => this.onCandidate(candidate);
    this.#peer.onconnectionstatechange = () => {
      if (this.#peer.connectionState === "failed") {
        this.onFailure();
      }
    };
  }

  async offer() {
    const offer = await this.#peer.createOffer();
    const sdp = withForwardErrorCorrection(offer.sdp);
    await this.#peer.setLocalDescription({ type: "offer", sdp });
    return sdp;
  }

  async answer(sdp) {
    await this.#peer.setRemoteDescription({ type: "answer", sdp });
    for (const candidate of this.#early.splice(0)) {
      await this.#add(candidate);
    }
  }

  async addCandidate(candidate, mid) {
    const found = { candidate, sdpMid: mid };
    if (this.#peer.remoteDescription) {
      await this.#add(found);
    } else {
      this.#early.push(found);
    }
  }

  async #add({ candidate, sdpMid }) {
    try {
      // An empty one, which ends them, needs no medium.
      await this.#peer.addIceCandidate(candidate ? { candidate, sdpMid } : undefined);
    } catch (error) {
      // A way that this browser cannot use, such as one over TCP.
      console.info("left out a candidate:", error.name);
    }
  }

  // Send these, or nothing where there is none; without a new offer.
  async send(audio, video) {
    await Promise.all([
      this.#audio.sender.replaceTrack(audio),
      this.#video.sender.replaceTrack(video),
    ]);
  }

  // How much came so far: packets of sound and picture, and whole pictures.
  async received() {
    const found = { packets: 0, pictures: 0 };
    for (const each of (await this.#peer.getStats()).values()) {
      if (each.type === "inbound-rtp") {
        found.packets += each.packetsReceived ?? 0;
        found.pictures += each.framesDecoded ?? 0;
      }
    }
    return found;
  }

  close() {
    this.onCandidate = this.onStream = this.onFailure = () => {};
    this.#peer.onicecandidate = null;
    this.#peer.onconnectionstatechange = null;
    this.#peer.ontrack = null;
    this.#peer.close();
  }
}
