// The WebSocket to the device; comes back by itself.

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4000;

// Half a second of microphone; more waiting than this means that the device does
// not keep up, and old sound is of no use to it.
const MOST_WAITING_BYTES = 48000;

export class Link {
  onMessage = () => {};
  onBlock = () => {};
  onState = () => {};
  #socket = null;
  #retryMs = FIRST_RETRY_MS;

  open() {
    const socket = new WebSocket(`ws://${location.host}/device`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.onState(true);
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        this.onMessage(JSON.parse(data));
      } else {
        this.onBlock(data);
      }
    };
    socket.onclose = () => {
      this.onState(false);
      setTimeout(() => this.open(), this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
    };
    this.#socket = socket;
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  sendBlock(block) {
    const socket = this.#socket;
    if (
      socket?.readyState === WebSocket.OPEN &&
      socket.bufferedAmount < MOST_WAITING_BYTES
    ) {
      socket.send(block);
    }
  }
}
