// What others write is said once to who listens instead of looking. The thread itself is silent: lines that settle, get
// another tick, are fetched anew or come from before would all be read out again.
import { t } from "./strings.js";

const PAUSE = 600; // ms: a sticker's or a notice's words come from the site
const FEW = 3; // more at once are counted
const LIFE = 20000;

const region = document.querySelector("[data-said]");
let news = [];
let timer = 0;

/** A line's words without its times, links and buttons. */
function wordsOf(node) {
  const copy = (node.querySelector(".bub") ?? node).cloneNode(true);
  copy.querySelectorAll("time, .cite, [hidden]").forEach((part) => part.remove());
  copy.querySelectorAll("img[alt]").forEach((picture) => picture.replaceWith(picture.alt));
  return copy.textContent.replace(/\s+/g, " ").trim();
}

/** Something new has come to the thread in `box`. */
export function say(box, seq) {
  news.push(seq);
  timer ||= setTimeout(() => {
    const nodes = news.map((one) => box.querySelector(`#m${one}`)).filter(Boolean);
    tell(nodes.length > FEW ? [t("new_messages", { n: nodes.length })] : nodes.map(wordsOf));
    news = [];
    timer = 0;
  }, PAUSE);
}

/** Says this now. */
export function tell(all) {
  for (const words of all.filter(Boolean)) {
    const line = document.createElement("p");
    line.textContent = words;
    region?.append(line);
    setTimeout(() => line.remove(), LIFE);
  }
}
