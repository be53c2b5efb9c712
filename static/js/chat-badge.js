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

// What waits goes out from every page.
try {
  if (me && localStorage.getItem(`unsent:${me}`)) import("./chat-unsent.js");
} catch {
  // Nothing is kept here, so nothing waits.
}

if (me && document.querySelector('[data-nav="chat"]')) {
  // A message that is read where it is shown needs a moment until its mark has come back.
  socket.on("chat.message", ({ sender, only }) => sender !== me && !only && ask(800));
  socket.on("chat.own_read", () => ask(100));
  socket.onOpen(() => {
    if (opened) ask(500);
    opened = true;
  });
}
