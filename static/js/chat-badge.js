// The number at Chat in the navigation, on every page: asked for when something may have changed it.
import { showBadge } from "./badge.js";
import { get } from "./http.js";
import { socket } from "./socket.js";

const me = Number(document.body.dataset.me);
let timer = 0;
let opened = false;

function ask(wait) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const found = await get("/api/v1/conversations/unread").catch(() => null);
    if (found) showBadge("chat", found.conversations);
  }, wait);
}

if (me && document.querySelector('[data-nav="chat"]')) {
  // A message that is read where it is shown needs a moment until its mark has come back.
  socket.on("chat.message", ({ sender }) => sender !== me && ask(800));
  socket.on("chat.read", ({ user }) => user === me && ask(100));
  socket.onOpen(() => {
    if (opened) ask(500);
    opened = true;
  });
}
