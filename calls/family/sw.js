// Works while the page is closed: shows who calls, and keeps the page for when there is
// no network. What the hub sends is told in files.py.

const VERSION = 1;
const SHELL = `praatpaal-shell-${VERSION}`;
const KEPT = "praatpaal-kept";

// Longer than this for a small file is as good as no network.
const NETWORK_WITHIN_MS = 4000;
const HUB_WITHIN_MS = 10000;

// As in files.py, where a test compares them.
const PAGES = ["/", "/join", "/login"];
const FILES = [
  "/", "/family.css", "/agenda.js", "/api.js", "/call.js", "/devices.js", "/dom.js",
  "/home.js",
  "/install.js", "/join.js", "/link.js", "/main.js", "/media.js", "/messages.js",
  "/notes.js",
  "/passkeys.js", "/phone.js", "/push.js", "/ring.js", "/screens.js", "/settings.js",
  "/talking.js", "/test.js", "/texts.js", "/manifest.webmanifest", "/nl.json",
  "/en.json", "/icon.svg", "/icon-192.png", "/icon-512.png", "/badge.png",
  "/fonts/regular.ttf", "/fonts/bold.ttf",
];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(SHELL).then((shell) =>
      shell.addAll(FILES.map((path) => new Request(path, { cache: "reload" }))),
    ),
  );
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name !== SHELL && name !== KEPT) {
          await caches.delete(name);
        }
      }
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) {
    return;
  }
  const path = PAGES.includes(pathname) ? "/" : pathname;
  if (FILES.includes(path)) {
    event.respondWith(fromNetworkOrShell(event.request, path));
  }
});

// The network first: a page is never older than its hub while there is one.
async function fromNetworkOrShell(request, path) {
  const shell = await caches.open(SHELL);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(NETWORK_WITHIN_MS) });
    if (answer.ok) {
      await shell.put(path, answer.clone());
      return answer;
    }
  } catch {
    // Offline: what was kept.
  }
  return (await shell.match(path)) ?? Response.error();
}

// -- notifications ------------------------------------------------------------------

self.addEventListener("push", (event) => {
  event.waitUntil(show(read(event.data)));
});

function read(data) {
  try {
    return data.json();
  } catch {
    // Each push must show something; this says no more than that there is news.
    return { kind: "news" };
  }
}

async function texts(language) {
  const kept = await (await caches.open(KEPT)).match("/kept/language");
  const name = language ?? (kept ? await kept.text() : "nl");
  const path = name === "en" ? "/en.json" : "/nl.json";
  const shell = await caches.open(SHELL);
  const answer = (await shell.match(path)) ?? (await fetch(path));
  return { language: name, ...(await answer.json()).notification };
}

function put(text, name) {
  return text.replaceAll("{name}", name ?? "Praatpaal");
}

async function show(news) {
  const said = await texts(news.language);
  const look = { icon: "/icon-192.png", badge: "/badge.png", lang: said.language };
  const data = { ...news };
  switch (news.kind) {
    case "ring":
      // The same tag each time: one notification, which rings again.
      return self.registration.showNotification(put(said.ring.title, news.name), {
        ...look,
        body: said.ring.body,
        tag: `call-${news.call}`,
        renotify: true,
        requireInteraction: true,
        vibrate: [400, 150, 400, 150, 600],
        actions: [
          { action: "answer", title: said.ring.answer },
          { action: "decline", title: said.ring.decline },
        ],
        data,
      });
    case "ended":
      return self.registration.showNotification(put(said.ended.title, news.name), {
        ...look,
        body: ["elsewhere", "declined"].includes(news.reason)
          ? said.ended.elsewhere
          : said.ended.body,
        tag: `call-${news.call}`,
        silent: true,
        data,
      });
    case "alarm":
      return self.registration.showNotification(put(said.alarm.title, news.name), {
        ...look,
        body: put(said.alarm.body, news.name),
        tag: `alarm-${news.alarm}`,
        renotify: true,
        requireInteraction: true,
        actions: [{ action: "look", title: said.alarm.look }],
        data,
      });
    case "alarm_over":
      // In the place of the one that asked to look in.
      return self.registration.showNotification(put(said.alarm_over.title, news.name), {
        ...look,
        body: put(said.alarm_over.body, news.name),
        tag: `alarm-${news.alarm}`,
        renotify: true,
        data,
      });
    case "note":
      return self.registration.showNotification(put(said.note.title, news.name), {
        ...look,
        body: said.note.body,
        tag: `note-${news.note}`,
        data,
      });
    default:
      return self.registration.showNotification("Praatpaal", {
        ...look,
        body: said.news,
        tag: "news",
        data,
      });
  }
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(touched(event.action, event.notification.data ?? {}));
});

async function touched(action, news) {
  if (action === "decline") {
    try {
      return await decline(news);
    } catch {
      // It rings out; and the page, which says more, is one touch away.
      return undefined;
    }
  }
  if (action === "look") {
    try {
      return await look(news);
    } catch {
      // Not told: then in the page, where it can be seen whether it was.
      return openPage("/");
    }
  }
  if (action === "answer") {
    return openPage(`/#answer=${news.call}`, { kind: "answer", call: news.call });
  }
  return openPage("/");
}

async function openPage(url, message) {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = open.find((each) => each.visibilityState === "visible") ?? open[0];
  if (!page) {
    return self.clients.openWindow(url);
  }
  if (message) {
    page.postMessage(message);
  }
  return page.focus();
}

// As the page does it, without one: the device hears at once that nobody comes.
function decline({ call, member }) {
  const id = crypto.randomUUID();
  const message = { type: "ended", id, call, member, page: id, reason: "declined" };
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/api/page`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("too late")), HUB_WITHIN_MS);
    socket.onclose = () => reject(new Error("closed"));
    socket.onmessage = ({ data }) => {
      const found = JSON.parse(data);
      if (found.type === "welcome") {
        socket.send(JSON.stringify(message));
      } else if (found.type === "ack" && found.id === id) {
        clearTimeout(timer);
        resolve();
      } else if (found.id !== undefined) {
        socket.send(JSON.stringify({ type: "ack", id: found.id }));
      }
    };
  }).finally(() => socket.close());
}

async function ask(path, method, token, body) {
  const answer = await fetch(path, {
    method,
    credentials: "same-origin",
    cache: "no-store",
    headers: token
      ? { "Content-Type": "application/json", "X-Praatpaal-Token": token }
      : {},
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
  return answer;
}

async function look({ alarm, name, language }) {
  const me = await (await ask("/api/me", "GET")).json();
  const path = `/api/alarms/${encodeURIComponent(alarm)}/acknowledge`;
  await ask(path, "POST", me.token, {});
  const said = await texts(language);
  return self.registration.showNotification(put(said.looking.title, name), {
    icon: "/icon-192.png",
    badge: "/badge.png",
    lang: said.language,
    body: put(said.looking.body, name),
    tag: `alarm-${alarm}`,
    silent: true,
    data: {},
  });
}

// The browser replaced the subscription: the hub must know the new one.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(
    (async () => {
      const me = await (await ask("/api/me", "GET")).json();
      const subscription =
        event.newSubscription ??
        (await self.registration.pushManager.subscribe({
          userVisibleOnly: true,
          applicationServerKey: me.push_key,
        }));
      const { endpoint, keys } = subscription.toJSON();
      await ask("/api/push", "PUT", me.token, { endpoint, keys });
    })(),
  );
});
