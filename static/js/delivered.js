// Tells what has come to this device, seldom: what is read where it is shown needs no such word.
import { socket } from "./socket.js";

const FIRST_WAIT = 500; // ms, in which what is on the screen is read
const WAIT = 5000;
const AT_ONCE = 100;

const me = Number(document.body.dataset.me);
const waiting = new Map();
let timer = 0;
let toldAt = -WAIT;

function arrived(conversation, seq) {
  waiting.set(conversation, Math.max(seq, waiting.get(conversation) ?? 0));
  timer ||= setTimeout(tell, Math.max(FIRST_WAIT, toldAt + WAIT - performance.now()));
}

function tell() {
  timer = 0;
  if (!socket.isOpen || !waiting.size) return; // told when it is open again
  toldAt = performance.now();
  const part = [...waiting].slice(0, AT_ONCE);
  for (const [id] of part) waiting.delete(id);
  socket.say("chat.delivered", { conversations: Object.fromEntries(part) });
  if (waiting.size) timer = setTimeout(tell, WAIT);
}

/** What one has read up to here is more than delivered. */
export function wasRead(conversation, seq) {
  if ((waiting.get(conversation) ?? Infinity) <= seq) waiting.delete(conversation);
}

/** The rows of the list came with the page, and so did what they show. */
function listed(root) {
  for (const { dataset } of root.querySelectorAll('[data-conv]:not([data-unread="0"])')) {
    arrived(Number(dataset.conv), Number(dataset.seq));
  }
}

if (me) {
  socket.on("chat.message", ({ conversation, seq, sender, only }) => sender !== me && !only && arrived(conversation, seq));
  socket.onOpen(() => {
    listed(document);
    if (waiting.size) timer ||= setTimeout(tell, FIRST_WAIT);
  });
  document.addEventListener("inserted", ({ target }) => listed(target));
}
