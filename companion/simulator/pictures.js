// Shows the picture of the other side of a call, and lends this computer's camera.

const RETRY_MS = 1000;

// As a video call over a modest line; the device makes it smaller where it must.
const CAMERA = { width: 1280, height: 720, frameRate: 24 };
const CAMERA_MS = 1000 / CAMERA.frameRate;
const QUALITY = 0.8;

// Half a picture that still waits means that the device does not keep up.
const MOST_WAITING_BYTES = 60000;

const REFUSALS = {
  NotAllowedError: "camera_refused",
  SecurityError: "camera_refused",
  NotFoundError: "camera_missing",
  OverconstrainedError: "camera_missing",
};

export class Pictures {
  #texts;
  #socket = null;
  #canvas = document.getElementById("picture");
  #screen = document.getElementById("screen");
  #video = document.createElement("video");
  #copy = document.createElement("canvas");
  #stream = null;
  #isWanted = false;
  #isAsking = false;
  #hasSound = false;
  #isDrawing = false;
  #timer = null;

  constructor(texts) {
    this.#texts = texts;
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  open() {
    const socket = new WebSocket(`ws://${location.host}/pictures`);
    socket.binaryType = "blob";
    socket.onmessage = ({ data }) => this.#show(data);
    socket.onclose = () => {
      this.#show(null);
      setTimeout(() => this.open(), RETRY_MS);
    };
    this.#socket = socket;
  }

  // The tab that lends its sound lends its camera too, and no other.
  followSound(state) {
    this.#hasSound = state === "here";
    this.#decide();
  }

  follow(isWanted) {
    this.#isWanted = isWanted;
    this.#decide();
  }

  async #show(blob) {
    this.#screen.classList.toggle("has-picture", Boolean(blob?.size));
    if (!blob?.size) {
      this.#canvas.hidden = true;
      return;
    }
    if (this.#isDrawing) {
      return;
    }
    this.#isDrawing = true;
    try {
      const picture = await createImageBitmap(blob);
      this.#canvas.width = picture.width;
      this.#canvas.height = picture.height;
      this.#canvas.getContext("2d").drawImage(picture, 0, 0);
      this.#canvas.hidden = false;
      picture.close();
    } catch (error) {
      console.warn("no picture:", error);
    } finally {
      this.#isDrawing = false;
    }
  }

  #decide() {
    if (this.#isWanted && this.#hasSound) {
      this.#start();
    } else {
      this.#stop();
    }
  }

  async #start() {
    if (this.#stream || this.#isAsking) {
      return;
    }
    this.#isAsking = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: CAMERA });
      if (!this.#isWanted || !this.#hasSound) {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      this.#stream = stream;
      this.#video.srcObject = stream;
      await this.#video.play();
      this.#timer = setInterval(() => this.#send(), CAMERA_MS);
      this.#tell("");
    } catch (error) {
      console.info("no camera:", error.name);
      this.#tell(this.#texts[REFUSALS[error.name] ?? "camera_failed"]);
    } finally {
      this.#isAsking = false;
    }
  }

  #stop() {
    clearInterval(this.#timer);
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = this.#timer = this.#video.srcObject = null;
    this.#tell("");
  }

  #tell(text) {
    const line = document.getElementById("camera-text");
    line.textContent = text;
    line.hidden = text === "";
  }

  #send() {
    const socket = this.#socket;
    if (
      socket?.readyState !== WebSocket.OPEN ||
      socket.bufferedAmount > MOST_WAITING_BYTES ||
      !this.#video.videoWidth
    ) {
      return;
    }
    this.#copy.width = this.#video.videoWidth;
    this.#copy.height = this.#video.videoHeight;
    this.#copy.getContext("2d").drawImage(this.#video, 0, 0);
    this.#copy.toBlob((blob) => blob && socket.send(blob), "image/jpeg", QUALITY);
  }
}
