// Times go on: "2 h" becomes "3 h", and all of them are in the reader's zone, with the words the server used.
import { t } from "./strings.js";

const language = document.documentElement.lang || undefined;
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekday = new Intl.DateTimeFormat(language, { weekday: "long" });
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

/** The same words as core.templatetags.ui.relative; null past a week, where the server's date stands. */
export function relative(moment, now = new Date()) {
  const seconds = Math.floor((now - moment) / 1000);
  if (seconds < 60) return seconds > -60 ? t("now") : null;
  if (seconds < 3600) return t("min", { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return t("h", { n: Math.floor(seconds / 3600) });
  if (seconds < 7 * 86400) return t("d", { n: Math.floor(seconds / 86400) });
  return null;
}

export function day(moment, now = new Date()) {
  const days = Math.round((midnight(now) - midnight(moment)) / 86400000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return days > 1 && days < 7 ? weekday.format(moment) : null;
}

function write(node) {
  const moment = new Date(node.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  const style = node.dataset.when;
  const text =
    style === "rel" ? relative(moment) : style === "clock" ? clock.format(moment) : style === "day" ? day(moment) : full.format(moment);
  if (text !== null && text !== node.textContent.trim() && !node.firstElementChild) node.textContent = text;
}

// The whole date is asked for by few: it is written when somebody points at it.
document.addEventListener("pointerover", ({ target }) => {
  const node = target.closest?.("time[data-when]");
  if (node && !Number.isNaN(Date.parse(node.dateTime))) node.title = full.format(new Date(node.dateTime));
});

/** Call with a part of the page that was just put in. */
export function refresh(root = document) {
  if (root.matches?.("time[data-when]")) write(root);
  root.querySelectorAll?.("time[data-when]").forEach(write);
}

/** A <time> like {% when %} makes, for rows that scripts build. */
export function timeNode(iso, style = "rel") {
  const node = document.createElement("time");
  node.dateTime = iso;
  node.dataset.when = style;
  write(node);
  return node;
}

refresh();
setInterval(() => document.hidden || refresh(), 30000);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
document.addEventListener("htmx:load", (event) => refresh(event.detail.elt));
document.addEventListener("inserted", (event) => refresh(event.target));
