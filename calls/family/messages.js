// The wire format that device, hub and page share: calls/messages.py says what each
// message means. Here only what a page sends or gets.

export const VERSION = 1;

const LONGEST_BYTES = 65536;

const CALL = { id: "string", call: "string", member: "string", page: "string" };

export const FIELDS = {
  ack: { id: "string" },
  welcome: { version: "number", now: "number" },
  refused: { reason: "string" },
  ring: { ...CALL, name: "string", seconds: "number" },
  ringing: { ...CALL, by: "string" },
  accepted: CALL,
  offer: { ...CALL, attempt: "number", sdp: "string" },
  answer: { ...CALL, attempt: "number", sdp: "string" },
  candidate: { ...CALL, attempt: "number", candidate: "string", mid: "string" },
  reconnect: { ...CALL, attempt: "number" },
  media: { ...CALL, microphone: "boolean", camera: "boolean", captions: "boolean" },
  ended: { ...CALL, reason: "string" },
  household: {
    member: "string",
    name: "string",
    role: "string",
    online: "boolean?",
    used_today: "boolean?",
    alarms: "list",
    agenda: "string",
  },
  gone: { member: "string" },
  notes: { member: "string", notes: "notes" },
};

export const NOTE = {
  note: "string",
  about: "string",
  text: "string",
  at: "number",
  reply: "string?",
  said: "string",
  over: "string?",
};

// 128 bits that nobody guesses, in the letters of base64url.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function fits(value, kind) {
  switch (kind) {
    case "boolean?":
      return value === null || typeof value === "boolean";
    case "string?":
      return value === null || typeof value === "string";
    case "notes":
      return Array.isArray(value) && value.every((each) => isWhole(each, NOTE));
    case "list":
      return Array.isArray(value) && value.every((each) => typeof each === "string");
    default:
      return typeof value === kind;
  }
}

function isWhole(message, fields) {
  return (
    typeof message === "object" &&
    message !== null &&
    Object.entries(fields).every(([name, kind]) => fits(message[name], kind))
  );
}

// What came, or null when it is none of ours. Unknown fields are left alone, so that
// a newer end may tell more.
export function read(text) {
  if (typeof text !== "string" || text.length > LONGEST_BYTES) {
    return null;
  }
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  const fields = Object.hasOwn(FIELDS, message?.type) ? FIELDS[message.type] : null;
  if (!fields) {
    return null;
  }
  return isWhole(message, fields) ? message : null;
}
