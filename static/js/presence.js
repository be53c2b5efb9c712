// Who is here. Marks everything with data-presence="id" (a dot on its picture, words in its data-presence-words), and says
// when nobody is at this device. What changes is shown and never spoken: it would be spoken all day.
import { relative } from "./reltime.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";

const IDLE_AFTER = 5 * 60 * 1000; // hidden or untouched
const LOOK_EVERY = 15000;
const WATCHED = 200;
const ASK_WAIT = 150; // several pieces of a page come together

const me = Number(document.body.dataset.me);
const known = new Map();
let asked = "";
let timer = 0;
let idle = false;
let touchedAt = Date.now();

const places = (root) => [...(root.matches?.("[data-presence]") ? [root] : []), ...root.querySelectorAll("[data-presence]")];

// -- Others --

function ask(wait = ASK_WAIT) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const people = [...new Set(places(document).map((node) => Number(node.dataset.presence)))].filter((id) => id !== me);
    const wanted = people.slice(0, WATCHED);
    if (!socket.isOpen || wanted.join() === asked) return;
    asked = wanted.join();
    try {
      const found = await socket.send("presence.watch", { people: wanted });
      known.clear();
      hear(found, document);
    } catch (error) {
      asked = "";
      // By this timer, so that what was asked for earlier never comes after what is on the page now.
      if (error.retryAfter) ask(error.retryAfter * 1000 * (0.5 + Math.random()));
      else if (!error.lost) throw error;
    }
  }, wait);
}

function hear({ people }, root) {
  for (const one of people) known.set(one.user, one);
  show(root);
}

function show(root) {
  for (const node of places(root)) mark(node, known.get(Number(node.dataset.presence)));
}

function mark(node, { state = "offline", seen_at: seenAt } = {}) {
  const picture = node.querySelector(".av");
  const isHere = state !== "offline";
  picture?.classList.toggle("on", isHere);
  picture?.classList.toggle("away", state === "away");
  let heard = picture?.querySelector("[data-presence-heard]");
  if (picture && !heard && isHere) {
    heard = document.createElement("span");
    heard.className = "vh";
    heard.dataset.presenceHeard = "";
    picture.append(heard);
  }
  const words = node.querySelector("[data-presence-words]");
  // Where the words stand beside it, the dot need not say them once more.
  if (heard) heard.textContent = isHere && !words ? `(${t(state)})` : "";
  if (words) words.textContent = isHere ? t(state) : lastSeen(seenAt);
}

function lastSeen(seenAt) {
  const time = seenAt && relative(new Date(seenAt));
  if (!time) return "";
  return t("last_seen", { when: time === t("now") ? t("just_now") : t("ago", { time }) });
}

// -- Oneself --

function touched() {
  touchedAt = Date.now();
  if (idle) look();
}

function look() {
  const now = Date.now() - touchedAt > IDLE_AFTER;
  if (now === idle) return;
  idle = now;
  socket.say("presence.idle", { idle });
}

if (me && document.body.dataset.ws) {
  for (const type of ["pointerdown", "pointermove", "keydown", "scroll", "focus"]) {
    addEventListener(type, touched, { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => document.hidden || touched());
  setInterval(look, LOOK_EVERY);
  setInterval(() => document.hidden || show(document), 30000);
  socket.on("presence", (said) => hear(said, document));
  socket.onOpen(() => {
    if (idle) socket.say("presence.idle", { idle });
    asked = "";
    ask();
  });
  document.addEventListener("inserted", ({ target }) => {
    show(target);
    ask();
  });
  document.addEventListener("htmx:load", ({ detail }) => places(detail.elt).length && ask());
}
