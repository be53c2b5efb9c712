// What was written and is not acknowledged yet. It stands in the browser's store under its client_id until the server
// says where the message is, so that neither a reload nor a bad line loses it, and it may be sent any number of times.
import { HttpError, post } from "./http.js";
import { socket } from "./socket.js";
import { uuid } from "./uuid.js";

const PREFIX = `outbox:${document.body.dataset.me}:`;
const FINAL = new Set([403, 404, 409, 413, 422]);
const PATIENCE = 4000; // ms without a socket; then the API takes it
const LONGEST_WAIT = 30000;

const listeners = new Set();
const busy = new Set();
let failures = 0;
let timer = 0;
let openedAt = 0;

const read = (key) => JSON.parse(localStorage.getItem(key));

/** Every message that waits, oldest first; of one conversation or of all. */
export function waiting(conversation) {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map(read)
    .filter((item) => item && (conversation === undefined || item.conversation === conversation))
    .sort((a, b) => a.at - b.at || a.turn - b.turn);
}

/** fn({state: "sent" | "failed" | "waiting", item, ack?, error?}) */
export function onChange(fn) {
  listeners.add(fn);
}

const tell = (change) => listeners.forEach((fn) => fn(change));
const keep = (item) => localStorage.setItem(PREFIX + item.client_id, JSON.stringify(item));

export function remove(clientId) {
  localStorage.removeItem(PREFIX + clientId);
}

let turn = 0;

export function add(conversation, text, reply = null) {
  const item = { client_id: uuid(), conversation, text, reply, at: Date.now(), turn: (turn += 1) };
  keep(item);
  flush(conversation);
  return item;
}

export function retry(clientId) {
  const item = read(PREFIX + clientId);
  if (!item) return;
  delete item.failed;
  keep(item);
  tell({ state: "waiting", item });
  flush(item.conversation);
}

function deliver({ conversation, client_id, text, reply = null }) {
  if (socket.isOpen) return socket.send("chat.send", { conversation, client_id, text, reply });
  if (Date.now() - openedAt < PATIENCE) return Promise.reject(new HttpError("", { status: 0 }));
  return post(`/api/v1/conversations/${conversation}/messages`, { client_id, text, reply });
}

// One after the other in each conversation: their order is the order in which they were written.
async function flush(conversation) {
  if (busy.has(conversation)) return;
  busy.add(conversation);
  try {
    for (;;) {
      const item = waiting(conversation).find(({ failed }) => !failed);
      if (!item) break;
      if (!(await attempt(item))) break;
    }
  } finally {
    busy.delete(conversation);
  }
}

async function attempt(item) {
  try {
    const ack = await deliver(item);
    remove(item.client_id);
    failures = 0;
    tell({ state: "sent", item, ack });
    return true;
  } catch (error) {
    if (FINAL.has(error.status)) {
      keep({ ...item, failed: error.message });
      tell({ state: "failed", item, error });
      return true;
    }
    again(error.retryAfter);
    return false;
  }
}

function again(seconds = 0) {
  clearTimeout(timer);
  const wait = Math.max(seconds * 1000, Math.min(1000 * 2 ** failures, LONGEST_WAIT));
  failures += 1;
  timer = setTimeout(flushAll, wait * (0.75 + Math.random() / 2));
}

export function flushAll() {
  for (const conversation of new Set(waiting().map((item) => item.conversation))) flush(conversation);
}

openedAt = Date.now();
socket.onOpen(() => {
  failures = 0;
  flushAll();
});
addEventListener("online", flushAll);
