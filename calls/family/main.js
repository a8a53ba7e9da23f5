// Puts the page together: who is logged in, what comes over the link, which screen.

import { Agenda } from "./agenda.js";
import { Api } from "./api.js";
import { Devices } from "./devices.js";
import { $ } from "./dom.js";
import { drawNotify, Home } from "./home.js";
import { Joining } from "./join.js";
import { Link } from "./link.js";
import { VERSION } from "./messages.js";
import { Phone } from "./phone.js";
import { Push } from "./push.js";
import { Ringer } from "./ring.js";
import { show, showBanner, shown } from "./screens.js";
import { Settings } from "./settings.js";
import { Talking } from "./talking.js";
import { DeviceTest } from "./test.js";
import { apply, choose, language, load, preferredLanguage, t } from "./texts.js";

// The version for which this tab was loaded again already: once is enough.
const RELOADED = "praatpaal-reloaded-for";

// Credentials of servers for a call that end within this time are fetched anew.
const SPARE_S = 60;

// Screens that may be left for another without taking something away from the user.
const RESTING = ["start", "home"];

await load(preferredLanguage());

const api = new Api();
const link = new Link();
const devices = new Devices();
const ringer = new Ringer();
const push = new Push(api);
const phone = new Phone(link, devices, () => servers());
const talking = new Talking(phone, devices, ringer, push);
const home = new Home(api, push, ringer);
const test = new DeviceTest(new Devices(), ringer);
const joining = new Joining(api, { notify: showNotify, test: () => test.run() });
const settings = new Settings(api, push, joining);
const agenda = new Agenda(api, () => hubNow() * 1000);

let me = null;
let staleVersion = null;
let notified = () => {};

// -- logging in and out ---------------------------------------------------------------

async function begin() {
  const token = location.hash.slice(1);
  if (location.pathname === "/join" && token) {
    // Somebody who is logged in gets a further household.
    await whoAmI().catch(() => {});
    await joining.invited(token);
  } else if (location.pathname === "/login" && token) {
    joining.linked(token);
  } else {
    await enter();
  }
}

async function whoAmI() {
  me = await api.me();
  return me;
}

// To the households, if somebody is logged in.
async function enter() {
  try {
    await whoAmI();
  } catch (error) {
    if (error.status === 401) {
      leave();
    } else {
      // No network: the page is here, and goes on when the hub is.
      showHome();
      showLink(false);
      setTimeout(enter, 3000);
    }
    return;
  }
  home.begin(me);
  const answer = /^#answer=([\w-]{1,64})$/.exec(location.hash);
  history.replaceState(null, "", "/");
  if (answer) {
    phone.answerSoon(answer[1]);
  }
  if (!phone.isBusy) {
    showHome();
  }
  // Before the line is open: what comes over it may be about that call.
  phone.resume();
  link.open(phone.page);
  getServers();
  push.renew(me.push_key);
}

function leave() {
  me = null;
  api.token = "";
  link.close();
  home.forget();
  showBanner("");
  joining.logIn();
}

async function logOut() {
  // Nobody is called on a telephone that is no longer theirs.
  await push.disable().catch(() => {});
  await api.logOut().catch(() => {});
  leave();
}

// -- screens --------------------------------------------------------------------------

function showHome() {
  show("home");
  home.draw();
}

function showNotify(household) {
  const draw = () => {
    $("notify-why").hidden = push.state === "off";
    $("notify-why").textContent = t("notify.why", { name: household });
    drawNotify($("notify-state"), push, me?.push_key ?? "", { who: household });
    const isDone = push.state !== "off" && push.state !== "install_first";
    $("notify-next").textContent = t(isDone ? "done" : "skip");
  };
  return whoAmI().then(
    () =>
      new Promise((resolve) => {
        notified = draw;
        $("notify-next").onclick = resolve;
        show("notify", resolve);
        draw();
      }),
  );
}

joining.onDone = () => enter();
home.onCall = (member, name) => phone.ring(member, name);
home.onAgenda = (member, name, mark) => agenda.open(member, name, mark);
agenda.onLeave = () => showHome();
$("open-settings").onclick = () => settings.open(me);
settings.onLeave = async (where) => {
  if (where === "out") {
    await logOut();
  } else if (where === "test") {
    await test.run();
    if (!phone.isBusy) {
      settings.open(me);
    }
  } else {
    showHome();
  }
};
talking.onDone = () => {
  showHome();
  reloadIfStale();
};

push.onChange = () => {
  home.drawNotices();
  notified();
  if (shown() === "settings") {
    settings.redraw();
  }
};
push.onTouch = (touch) => {
  if (touch?.kind === "answer") {
    phone.answerSoon(touch.call);
  }
};
ringer.onState = () => home.drawNotices();

// Another link of a mail, opened in this tab.
addEventListener("hashchange", () => {
  if (location.pathname !== "/" && location.hash.length > 1) {
    location.reload();
  }
});

for (const button of document.querySelectorAll(".language")) {
  button.addEventListener("click", async () => {
    await choose(button.dataset.language);
    drawLanguage();
  });
}

function drawLanguage() {
  for (const button of document.querySelectorAll(".language")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language()));
  }
  apply(document);
  home.draw();
  joining.redraw();
  settings.redraw();
  agenda.redraw();
  test.redraw();
  notified();
  talking.draw();
}

// -- the hub --------------------------------------------------------------------------

let kept = { servers: [], expires: 0 };

// Fetched before they are needed: a call must not wait for them.
async function getServers() {
  kept = await api.servers();
  return kept.servers;
}

// The clock of a telephone may be wrong by years: what the hub writes is good by the
// hub's. Its time at the welcome, and when that was.
let welcomed = { now: Infinity, at: 0 };

function hubNow() {
  return welcomed.now + (performance.now() - welcomed.at) / 1000;
}

async function servers() {
  return kept.expires > hubNow() + SPARE_S ? kept.servers : getServers();
}

function showLink(isOpen) {
  home.setOnline(isOpen);
  showBanner(isOpen ? "" : t(navigator.onLine ? "hub_away" : "offline"));
}

link.onState = (isOpen) => {
  showLink(isOpen);
  if (isOpen) {
    refresh();
  }
};
link.onLost = (message) => phone.lost(message);
link.onFailure = (times) => {
  showLink(false);
  // An expired session looks the same as a hub that is away, until one asks.
  if (times % 2 === 0) {
    whoAmI().catch((error) => error.status === 401 && !phone.isBusy && leave());
  }
};

link.onMessage = (message) => {
  switch (message.type) {
    case "welcome":
      welcomed = { now: message.now, at: performance.now() };
      checkVersion(message.version === VERSION ? null : String(message.version));
      break;
    case "refused":
      showBanner(message.reason === "too_many" ? t("too_many") : t("hub_away"));
      break;
    case "notes":
      home.updateNotes(message);
      break;
    case "household":
      home.update(message);
      agenda.update(message);
      break;
    case "gone":
      phone.gone(message.member);
      home.remove(message.member);
      agenda.remove(message.member);
      break;
    default:
      phone.receive(message);
  }
};

phone.onChange = () => {
  talking.draw();
  if (!phone.isBusy) {
    reloadIfStale();
  }
};

// The hub came back, perhaps as a newer one.
async function refresh() {
  const before = me?.version;
  try {
    await whoAmI();
  } catch {
    return;
  }
  home.begin(me);
  if (before !== undefined && me.version !== before) {
    checkVersion(me.version);
  }
}

function checkVersion(version) {
  if (version !== null) {
    staleVersion = version;
    reloadIfStale();
  }
}

// A page that was made for another hub: loaded again, but never during a call.
function reloadIfStale() {
  // Nobody looks at a page that is hidden, so it may be at the end of a call as well.
  const rests = RESTING.includes(shown()) || (document.hidden && shown() === "ended");
  if (staleVersion === null || phone.isBusy || !rests) {
    return;
  }
  if (sessionStorage.getItem(RELOADED) === staleVersion) {
    showBanner(t("stale"));
    return;
  }
  sessionStorage.setItem(RELOADED, staleVersion);
  location.reload();
}

document.addEventListener("visibilitychange", reloadIfStale);
// What was asked meanwhile is seen now.
document.addEventListener("visibilitychange", () => home.draw());
drawLanguage();
push.register();
await begin();
