// The number at Chat in the navigation, on every page: asked for when something may have changed it.
import { get } from "./http.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";

const me = Number(document.body.dataset.me);
const links = document.querySelectorAll('[data-nav="chat"]');
let timer = 0;
let opened = false;

function show(count) {
  for (const link of links) {
    link.querySelector(".count")?.remove();
    if (!count) continue;
    const badge = document.createElement("span");
    badge.className = "count";
    badge.innerHTML = '<span aria-hidden="true"></span><span class="vh"></span>';
    badge.firstElementChild.textContent = count > 99 ? "99+" : String(count);
    badge.lastElementChild.textContent = `${count} ${t("new")}`;
    link.append(badge);
  }
}

function ask(wait) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const found = await get("/api/v1/conversations/unread").catch(() => null);
    if (found) show(found.conversations);
  }, wait);
}

if (me && links.length) {
  // A message that is read where it is shown needs a moment until its mark has come back.
  socket.on("chat.message", ({ sender }) => sender !== me && ask(800));
  socket.on("chat.read", ({ user }) => user === me && ask(100));
  socket.onOpen(() => {
    if (opened) ask(500);
    opened = true;
  });
}
