// Words in the chosen language.
import { STRINGS } from "./strings.js";

const KEPT = "xinan.language";
const listeners = new Set();
let language = kept() ?? (navigator.language?.toLowerCase().startsWith("zh") ? "zh" : "en");

function kept() {
  try {
    const value = localStorage.getItem(KEPT);
    return value === "zh" || value === "en" ? value : null;
  } catch {
    return null; // storage is switched off: the browser's language decides
  }
}

export const currentLanguage = () => language;
export const locale = () => (language === "zh" ? "zh-CN" : "en-GB");

/** What the program says in English alone, for whoever reads that. */
export const inEnglish = (text) => (language === "en" ? text : "");

/** The string of a key, with {name} replaced; {name|one|many} is one of the two words, by whether that is 1. */
export function t(key, values = {}) {
  const text = STRINGS[key]?.[language] ?? key;
  return text.replace(/\{(\w+)\|([^|}]*)\|([^}]*)\}/g, (whole, name, one, many) => (Number(values[name]) === 1 ? one : many))
    .replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** A name as the record has it: who came by a link of no account is marked so. */
export const signed = (name) => (name ?? "").replace(/ ?\(link\)$/, t("account.link_mark"));

/** Words of a group that the server gives: value → {zh, en}. */
export function learnWords(group, words) {
  for (const [value, both] of Object.entries(words)) STRINGS[`${group}.${value}`] = both;
}

/** The word for a value of a group such as hazard or state; a value nobody translated is shown as it is. */
export function word(group, value, values = {}) {
  return known(group, value) ? t(`${group}.${value}`, values) : String(value ?? "").replaceAll("_", " ");
}

/** Whether there is a word for it. */
export const known = (group, value) => STRINGS[`${group}.${value}`]?.[language] !== undefined;

/** What a value is called, in every language. */
export const wordsOf = (group, value) => Object.values(STRINGS[`${group}.${value}`] ?? {});

export function onLanguage(listener) {
  listeners.add(listener);
}

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // the choice lasts until the page is closed
  }
  translatePage();
  for (const listener of listeners) listener();
}

/** Fill every element that names its string: data-i18n (text), data-i18n-label (aria-label), -title, -placeholder, -alt. */
export function translatePage() {
  document.documentElement.lang = locale();
  document.title = t("app.title");
  for (const element of document.querySelectorAll("[data-i18n]")) element.textContent = t(element.dataset.i18n);
  for (const [name, attribute] of [["label", "aria-label"], ["title", "title"], ["placeholder", "placeholder"], ["alt", "alt"]])
    for (const element of document.querySelectorAll(`[data-i18n-${name}]`))
      element.setAttribute(attribute, t(element.getAttribute(`data-i18n-${name}`)));
}
