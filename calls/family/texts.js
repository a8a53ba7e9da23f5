// What the page says: Dutch by default, English for a browser that asks for it.

const LANGUAGES = ["nl", "en"];
const KEPT = "praatpaal-language";

// Letters that fit beside nothing else in a heading on the narrowest telephone.
const LONGEST_LINE = 18;

let texts = {};
let current = "nl";

export function language() {
  return current;
}

export function preferredLanguage() {
  const kept = localStorage.getItem(KEPT);
  if (LANGUAGES.includes(kept)) {
    return kept;
  }
  // The first language of the browser that is one of ours; else that of the country.
  const wanted = navigator.languages.map((each) => each.slice(0, 2).toLowerCase());
  return wanted.find((each) => LANGUAGES.includes(each)) ?? "nl";
}

export async function load(name) {
  const answer = await fetch(`/${name}.json`);
  texts = await answer.json();
  current = name;
  document.documentElement.lang = name;
  apply(document);
  await tellWorker(name);
}

export async function choose(name) {
  localStorage.setItem(KEPT, name);
  await load(name);
}

// A service worker reads no localStorage; it looks here when it shows a notification.
async function tellWorker(name) {
  if ("caches" in globalThis) {
    const kept = await caches.open("praatpaal-kept");
    await kept.put("/kept/language", new Response(name));
  }
}

// A text by its path, with values in its places: t("home.call", { name }).
export function t(path, values = {}) {
  const text = path.split(".").reduce((part, name) => part?.[name], texts);
  if (typeof text !== "string") {
    throw new Error(`no text ${path}`);
  }
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => {
    if (!(name in values)) {
      throw new Error(`no ${name} for ${path}`);
    }
    return together(String(values[name]));
  });
}

// A name is not broken over two lines, unless it is so long that it must be.
function together(text) {
  return text.length <= LONGEST_LINE ? text.replaceAll(" ", "\u00a0") : text;
}

export function has(path) {
  return typeof path.split(".").reduce((part, name) => part?.[name], texts) === "string";
}

// Several paragraphs or steps.
export function list(path) {
  const found = path.split(".").reduce((part, name) => part?.[name], texts);
  if (!Array.isArray(found)) {
    throw new Error(`no list ${path}`);
  }
  return found;
}

// Write the texts that the elements name: data-text, data-label and data-hint.
export function apply(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = t(element.dataset.text);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
  }
  for (const element of root.querySelectorAll("[data-hint]")) {
    element.setAttribute("placeholder", t(element.dataset.hint));
  }
}
