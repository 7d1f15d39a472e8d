// Elements from data. Strings become text nodes, never markup.

/** el("p.note", {title: "…"}, "text", child): a tag with classes, properties and children; null children are left out. */
export function el(spec, properties = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const TYPE_PX = 15; // as in base.css

/** CSS pixels of what is a pixel at the usual size of type: `--unit` of base.css. A large screen has larger type. */
export const unit = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / TYPE_PX;

export const byId = (id) => document.getElementById(id);

const built = {}; // element's id → what it was made of

/** What stands in an element, anew only where `by` says something else: what a thumb is on stays, and nothing is read out twice. */
export function build(id, by, make) {
  const mark = JSON.stringify(by);
  if (built[id] === mark) return;
  built[id] = mark;
  byId(id).replaceChildren(...make());
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing: svg("path", {d: "…", class: "…"}); null children are left out. */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
