// The connection is spoken of only when it is bad, or when what was written waits for long. Sockets report with
// report("good" | "bad"), the chat with unsent(words).
import { t } from "./strings.js";

const PATIENCE = 2500;
let timer = 0;
let socketBad = false;
let more = "";
let alone = false;
let isShown = false;

function show() {
  clearTimeout(timer);
  timer = 0;
  const box = document.querySelector("[data-connection]");
  if (!box) return;
  const bad = !alone && (socketBad || !navigator.onLine);
  const said = [bad && t(navigator.onLine ? "reconnecting" : "offline"), more].filter(Boolean).join(" ");
  isShown = Boolean(said);
  if (said) box.querySelector("[data-connection-text]").textContent = said;
  box.hidden = !said;
}

// A short gap heals by itself and is nobody's business.
function soon() {
  if (socketBad || more) timer ||= setTimeout(show, PATIENCE);
  else show();
}

export function report(state) {
  socketBad = state === "bad";
  soon();
}

/** What waits, in words; `isAll`: and nothing else is said. */
export function unsent(words, isAll) {
  if (words === more) return;
  [more, alone] = [words, isAll];
  if (isShown) show();
  else soon();
}

document.addEventListener("connection", (event) => report(event.detail.state));
addEventListener("online", show);
addEventListener("offline", () => setTimeout(show, PATIENCE));
