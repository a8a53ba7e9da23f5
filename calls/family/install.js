// What kind of browser this is: only for what it can't do and where its settings are.

const agent = navigator.userAgent;

export const isIOS =
  /iPhone|iPad|iPod/.test(agent) ||
  // An iPad says that it is a Mac, but no Mac is touched.
  (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1);

export const isInstalled =
  matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

// Of which the language files tell what to do when a camera is refused.
export function browserKind() {
  if (isIOS) {
    return isInstalled ? "ios_installed" : "ios";
  }
  if (/Android/.test(agent)) {
    return /Firefox/.test(agent) ? "firefox" : "android";
  }
  if (/Firefox/.test(agent)) {
    return "firefox";
  }
  return /Chrome|Chromium|Edg/.test(agent) ? "chrome" : "safari";
}

// How somebody knows this device again in a list of their own.
export function deviceName() {
  const names = ["iPhone", "iPad", "Android", "Windows", "Macintosh", "CrOS", "Linux"];
  return names.find((name) => agent.includes(name))?.replace("Macintosh", "Mac") ?? "Browser";
}

let offer = null;
let whenOffered = () => {};

// Chromium offers to install by itself once; we show it where it belongs.
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  whenOffered();
});
addEventListener("appinstalled", () => {
  offer = null;
  whenOffered();
});

export function onInstallOffer(work) {
  whenOffered = work;
}

export function canInstall() {
  return offer !== null;
}

export async function install() {
  const event = offer;
  offer = null;
  await event?.prompt();
  whenOffered();
}
