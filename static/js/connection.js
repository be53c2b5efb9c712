// The connection is spoken of only when it is bad. Sockets report with report("good" | "bad").
import { t } from "./strings.js";

const PATIENCE = 2500;
let timer;
let socketBad = false;

function show() {
  const box = document.querySelector("[data-connection]");
  if (!box) return;
  const bad = socketBad || !navigator.onLine;
  if (bad) box.querySelector("[data-connection-text]").textContent = t(navigator.onLine ? "reconnecting" : "offline");
  box.hidden = !bad;
}

export function report(state) {
  socketBad = state === "bad";
  clearTimeout(timer);
  // A short gap heals by itself and is nobody's business.
  if (socketBad) timer = setTimeout(show, PATIENCE);
  else show();
}

document.addEventListener("connection", (event) => report(event.detail.state));
addEventListener("online", show);
addEventListener("offline", () => setTimeout(show, PATIENCE));
