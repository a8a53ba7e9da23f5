// Small help with elements.

const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

// An element; "text" and "onclick" are properties, all else attributes.
export function make(tag, { text, onclick, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null) {
      element.setAttribute(name, value);
    }
  }
  if (text !== undefined) {
    element.textContent = text;
  }
  if (onclick) {
    element.addEventListener("click", onclick);
  }
  element.append(...children);
  return element;
}

// One of the drawings in index.html; it only repeats what words beside it say.
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function setIcon(button, name) {
  button.querySelector("use").setAttribute("href", `#icon-${name}`);
}

// Shows a text, or hides its place when there is none.
export function say(element, text) {
  element.hidden = !text;
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

// Runs while the button cannot be pressed a second time.
export async function whileBusy(button, work) {
  if (button.getAttribute("aria-busy") === "true") {
    return;
  }
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}
