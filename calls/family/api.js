// What the page asks of the hub besides its WebSocket.

const ANSWER_WITHIN_MS = 15000;

export class ApiError extends Error {
  // code: as the hub names it; "offline" when there was no answer at all.
  constructor(code, status = 0) {
    super(code);
    this.code = code;
    this.status = status;
  }
}

export class Api {
  // Of this session; shows that a request comes from our page.
  token = "";

  async me() {
    const me = await this.#ask("GET", "/api/me");
    this.token = me.token;
    return me;
  }

  async servers() {
    const { servers, expires } = await this.#ask("GET", "/api/ice");
    return {
      expires,
      // One without a name and a password is STUN; empty ones are refused by browsers.
      servers: servers.map(({ urls, username, credential }) =>
        username ? { urls, username, credential } : { urls },
      ),
    };
  }

  lookAtInvitation(token) {
    return this.#ask("POST", "/api/invitations/look", { token });
  }

  acceptInvitation(token, language, email) {
    const wish = email ? { token, language, email } : { token, language };
    return this.#ask("POST", "/api/invitations/accept", wish);
  }

  sendLink(email, language) {
    return this.#ask("POST", "/api/links", { email, language });
  }

  useLink(token) {
    return this.#ask("POST", "/api/links/use", { token });
  }

  passkeyOffer() {
    return this.#ask("POST", "/api/passkeys/offer", {});
  }

  addPasskey(credential, name) {
    return this.#ask("POST", "/api/passkeys", { credential, name });
  }

  async passkeys() {
    const found = await this.#ask("GET", "/api/passkeys");
    return Array.isArray(found) ? found : found.passkeys;
  }

  removePasskey(id) {
    return this.#ask("DELETE", `/api/passkeys/${encodeURIComponent(id)}`);
  }

  passkeyChallenge() {
    return this.#ask("POST", "/api/passkeys/challenge", {});
  }

  logIn(credential) {
    return this.#ask("POST", "/api/session", { credential });
  }

  logOut() {
    return this.#ask("DELETE", "/api/session");
  }

  savePush({ endpoint, keys }) {
    return this.#ask("PUT", "/api/push", { endpoint, keys });
  }

  removePush(endpoint) {
    return this.#ask("DELETE", "/api/push", { endpoint });
  }

  savePhone(phone) {
    return this.#ask("PUT", "/api/phone", { phone });
  }

  removePhone() {
    return this.#ask("DELETE", "/api/phone");
  }

  acknowledge(alarm) {
    return this.#ask("POST", `/api/alarms/${encodeURIComponent(alarm)}/acknowledge`, {});
  }

  agenda(member) {
    return this.#ask("GET", `/api/agenda/${encodeURIComponent(member)}`);
  }

  propose(member, wish) {
    return this.#ask("POST", `/api/agenda/${encodeURIComponent(member)}/proposals`, wish);
  }

  takeBack(member, proposal) {
    const path = `/api/agenda/${encodeURIComponent(member)}/proposals`;
    return this.#ask("DELETE", `${path}/${encodeURIComponent(proposal)}`);
  }

  answerNote(note, reply, text) {
    const path = `/api/notes/${encodeURIComponent(note)}/answer`;
    return this.#ask("POST", path, text ? { reply, text } : { reply });
  }

  seeNote(note) {
    return this.#ask("POST", `/api/notes/${encodeURIComponent(note)}/seen`, {});
  }

  async #ask(method, path, body) {
    const headers = { Accept: "application/json" };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
    }
    if (method !== "GET" && this.token) {
      headers["X-Praatpaal-Token"] = this.token;
    }
    let response;
    let answer = null;
    try {
      response = await fetch(path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const text = await response.text();
      answer = text ? JSON.parse(text) : null;
    } catch {
      throw new ApiError(response && !response.ok ? "unknown" : "offline", response?.status);
    }
    if (!response.ok) {
      throw new ApiError(answer?.error ?? "unknown", response.status);
    }
    return answer;
  }
}
