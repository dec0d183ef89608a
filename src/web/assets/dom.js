// Small helpers to make and find elements. Text is always set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((c) => c !== undefined && c !== null && c !== false && c !== ""));
  return element;
}

// An element with attributes (`onclick` and the like are listeners) and children; what is absent is left out.
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// The same in SVG.
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

// Replaces what stands in an element. Leaves it alone where nothing would change, so that a reader keeps the place.
export function show(element, ...children) {
  const fresh = children.flat(Infinity).filter((c) => c !== undefined && c !== null && c !== false && c !== "");
  if (fresh.length === 1 && typeof fresh[0] === "string" && element.childNodes.length === 1
      && element.firstChild.nodeType === Node.TEXT_NODE && element.textContent === fresh[0]) return;
  element.replaceChildren(...fresh);
}

export function visible(element, yes) {
  element.hidden = !yes;
}

// A list of texts, or nothing.
export function bullets(texts, attributes = { class: "plain" }) {
  return texts.length > 0 && el("ul", attributes, texts.map((t) => el("li", {}, t)));
}

// The button that turns between light and dark, as on the reports.
export function themeButton(button) {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = root.dataset.theme ?? (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
