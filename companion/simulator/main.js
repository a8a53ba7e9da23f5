// Puts the page together: what comes over the link goes to the part that shows it.

import { Buttons } from "./buttons.js";
import { Link } from "./link.js";
import { Pictures } from "./pictures.js";
import { Screen } from "./screen.js";
import { Sound } from "./sound.js";

const texts = await (await fetch("/nl.json")).json();

function lookUp(path) {
  return path.split(".").reduce((part, name) => part[name], texts);
}

document.title = texts.title;
for (const element of document.querySelectorAll("[data-text]")) {
  element.textContent = lookUp(element.dataset.text);
}
for (const element of document.querySelectorAll("[data-label]")) {
  element.setAttribute("aria-label", lookUp(element.dataset.label));
}

const link = new Link();
const screen = new Screen(texts);
const buttons = new Buttons(texts, (message) => link.send(message));
const sound = new Sound(texts.sound, link);
const pictures = new Pictures(texts.camera);

link.onState = (isOpen) => {
  const lost = document.getElementById("lost");
  lost.hidden = isOpen;
  lost.textContent = isOpen ? "" : texts.link_lost;
  document.getElementById("device").classList.toggle("is-away", !isOpen);
  if (!isOpen) {
    buttons.forget();
    sound.flush();
    // A camera that nobody watches is off.
    pictures.follow(false);
  }
};
link.onBlock = (block) => sound.play(block);
link.onMessage = (message) => {
  switch (message.type) {
    case "view":
      screen.draw(message.view);
      buttons.explain(message.view.buttons);
      break;
    case "light":
      screen.light(message.colour);
      break;
    case "panel":
      buttons.arrange(message.buttons);
      break;
    case "switch":
      buttons.moveSwitch(message.is_on);
      sound.connectMicrophone(message.is_on);
      break;
    case "sound":
      sound.follow(message.state);
      pictures.followSound(message.state);
      break;
    case "camera":
      pictures.follow(message.is_wanted);
      break;
    case "flush":
      sound.flush();
      break;
  }
};
link.open();
pictures.open();
