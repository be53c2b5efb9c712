// Days and runs of an open conversation: those of the reader's zone, whoever made the lines.
import { day } from "./reltime.js";

const RUN = 5 * 60 * 1000;

const language = document.documentElement.lang || undefined;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const sameYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const dayName = (date) =>
  day(date) ?? (date.getFullYear() === new Date().getFullYear() ? sameYear : otherYear).format(date);
const dateOf = (node) => new Date(node.dataset.at ?? node.querySelector(".bub time").dateTime);

export function arrange(box) {
  box.querySelectorAll(":scope > .day").forEach((node) => node.remove());
  let before = null;
  for (const node of box.querySelectorAll(":scope > :is(.msg, .notice)")) {
    const at = dateOf(node);
    const newDay = !before || before.at.toDateString() !== at.toDateString();
    if (newDay) node.before(dayLine(at));
    if (node.matches(".notice")) {
      before = { node: null, at }; // nobody's words: whoever speaks next begins
      continue;
    }
    const time = node.querySelector(".bub time");
    time.title = at.toLocaleString(language, { dateStyle: "full", timeStyle: "short" });
    time.querySelector("[data-clock]").textContent = clock.format(at);
    if (before?.node) {
      const mine = node.classList.contains("me");
      const sameVoice =
        before.node.classList.contains("me") === mine && (mine || before.node.dataset.sender === node.dataset.sender);
      const run = sameVoice && !newDay && at - before.at < RUN && before.node.nextElementSibling === node;
      endRun(before.node, !run);
      beginRun(node, !run);
    } else beginRun(node, true);
    endRun(node, true);
    before = { node, at };
  }
}

/** In groups a name stands where somebody begins to speak. */
function beginRun(node, begins) {
  const from = node.querySelector("[data-from]");
  if (from) from.hidden = !begins;
}

function endRun(node, ends) {
  node.classList.toggle("tail", ends);
  node.querySelector(".bub").classList.toggle("last", ends);
}

function dayLine(at) {
  const line = document.createElement("time");
  line.className = "day";
  line.dateTime = at.toISOString();
  line.textContent = dayName(at);
  return line;
}
