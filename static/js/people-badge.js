// The number at People in the navigation, on every page: who asks to follow or to be friends, while it happens.
import { showBadge } from "./badge.js";
import { get } from "./http.js";
import { socket } from "./socket.js";

const me = Number(document.body.dataset.me);
let timer = 0;
let opened = false;

function ask(wait) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const found = await get("/api/v1/me").catch(() => null);
    if (found) showBadge("people", found.follow_requests + found.friend_requests);
  }, wait);
}

if (me && document.querySelector('[data-nav="people"]')) {
  socket.on("people.requests", () => ask(100));
  socket.onOpen(() => {
    if (opened) ask(500);
    opened = true;
  });
}
