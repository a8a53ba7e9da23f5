// One screen at a time; who listens to the page hears which.

import { $ } from "./dom.js";

const screens = new Map(
  [...document.querySelectorAll(".screen")].map((each) => [each.dataset.screen, each]),
);
let current = "start";
let whenLeft = () => {};

export function shown() {
  return current;
}

// Show a screen; "left" is done when another one takes its place.
export function show(name, left = () => {}) {
  if (name === current) {
    whenLeft = left;
    return;
  }
  const before = whenLeft;
  whenLeft = left;
  current = name;
  for (const [each, section] of screens) {
    section.hidden = each !== name;
  }
  document.body.dataset.screen = name;
  before();
  scrollTo(0, 0);
  // The heading gets the focus, so that a screen reader tells where one is.
  screens.get(name).querySelector("h1")?.focus({ preventScroll: true });
}

// What goes on with the connection; above all screens.
export function showBanner(text) {
  const banner = $("banner");
  banner.hidden = !text;
  if (banner.textContent !== text) {
    banner.textContent = text;
  }
}

// The first letter of each word of a name that begins with a capital: "MDV".
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{Lu}/u.test(word));
  const letters = (words.length > 1 ? words.slice(-2) : [words[0] ?? name]).map(
    (word) => [...word][0] ?? "",
  );
  return letters.join("").toUpperCase();
}
