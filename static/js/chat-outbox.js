// What was written and is not acknowledged yet. It waits under its client_id until the server says where the message is,
// so that neither a reload nor a bad line loses it, and it may be sent any number of times. One tab sends, all show it.
import { HttpError, post } from "./http.js";
import { socket } from "./socket.js";
import * as store from "./chat-store.js";
import { uuid } from "./uuid.js";

const me = document.body.dataset.me;
const FINAL = new Set([400, 403, 404, 409, 410, 413, 422]);
const PATIENCE = 4000; // ms without a socket; then the API takes it
const ANSWER_WAIT = 20000;
const LONGEST_WAIT = 30000;

const listeners = new Set();
const busy = new Set();
const asked = new Set();
const openedAt = Date.now();
const tabs = "BroadcastChannel" in window && me ? new BroadcastChannel(`outbox-${me}`) : null;
let failures = 0;
let timer = 0;

/** fn({state, item, ack?}) for what happens here and in other tabs: "waiting", "sent", "failed", "settled" (it stands
 * already), "removed". Of what failed `item.reason` says why. */
export function onChange(fn) {
  listeners.add(fn);
}

const hear = (change) => listeners.forEach((fn) => fn(change));

function tell(change) {
  hear(change);
  tabs?.postMessage(change);
}

if (tabs) tabs.onmessage = ({ data }) => hear(data);

/** Every message that waits, oldest first; of one conversation or of all. */
export async function waiting(conversation) {
  if (!me) return [];
  await taken;
  const items = await store.all();
  return conversation === undefined ? items : items.filter((item) => item.conversation === conversation);
}

/** Kept first, then shown and sent. `files` are keys of uploads that have arrived, `sticker` is {id, url, name}. */
export async function add(conversation, text, { reply = null, files, sticker } = {}) {
  const item = { client_id: uuid(), conversation, text, reply, files, sticker, at: Date.now(), state: "waiting" };
  await store.add(item);
  tell({ state: "waiting", item });
  flush(conversation);
  return item;
}

export async function remove(clientId) {
  const item = await store.drop(clientId);
  if (item) tell({ state: "removed", item });
}

/** It was seen where it belongs, whoever brought it there. */
export async function settle(clientId) {
  const item = await store.drop(clientId);
  if (item) tell({ state: "settled", item });
}

export async function retry(clientId) {
  const item = await store.change(clientId, { state: "waiting", reason: "" });
  if (!item) return;
  failures = 0;
  tell({ state: "waiting", item });
  flush(item.conversation);
}

function deliver({ conversation, client_id, text, reply = null, files, sticker }) {
  const said = { client_id, text, reply, ...(files?.length && { files }), ...(sticker && { sticker: sticker.id }) };
  if (socket.isOpen) return socket.send("chat.send", { conversation, ...said });
  if (Date.now() - openedAt < PATIENCE) return Promise.reject(new HttpError("", { status: 0 }));
  return post(`/api/v1/conversations/${conversation}/messages`, said, { signal: AbortSignal.timeout?.(ANSWER_WAIT) });
}

// One tab at a time for each conversation, where the browser can say so; else two may send the same, which stands once.
const alone = (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work());

async function flush(conversation) {
  asked.add(conversation);
  if (busy.has(conversation)) return;
  busy.add(conversation);
  try {
    await alone(`outbox-${me}-${conversation}`, async () => {
      while (asked.delete(conversation)) await drain(conversation);
    });
  } finally {
    busy.delete(conversation);
  }
}

// One after the other: their order is the order in which they were written.
async function drain(conversation) {
  for (;;) {
    const item = (await waiting(conversation)).find(({ state }) => state !== "failed");
    if (!item || !(await attempt(item))) return;
  }
}

async function attempt(item) {
  try {
    const ack = await deliver(item);
    await store.drop(item.client_id);
    failures = 0;
    tell({ state: "sent", item, ack });
    return true;
  } catch (error) {
    if (FINAL.has(error.status)) {
      const failed = await store.change(item.client_id, { state: "failed", reason: error.message });
      if (failed) tell({ state: "failed", item: failed });
      return true;
    }
    again(error.retryAfter);
    const waits = await waiting(item.conversation);
    if (waits.some(({ client_id: id }) => id === item.client_id)) tell({ state: "waiting", item });
    return false;
  }
}

function again(seconds = 0) {
  clearTimeout(timer);
  const wait = Math.max(seconds * 1000, Math.min(1000 * 2 ** failures, LONGEST_WAIT));
  failures += 1;
  timer = setTimeout(flushAll, wait * (0.75 + Math.random() / 2));
}

export async function flushAll() {
  for (const conversation of new Set((await waiting()).map((item) => item.conversation))) flush(conversation);
}

/** What an earlier release kept in localStorage, once. */
async function takeOver() {
  const prefix = `outbox:${me}:`;
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  const items = keys.map((key) => JSON.parse(localStorage.getItem(key))).sort((a, b) => a.at - b.at || a.turn - b.turn);
  for (const { turn: _turn, failed, ...item } of items) {
    await store.add({ ...item, state: failed ? "failed" : "waiting", reason: failed });
    localStorage.removeItem(prefix + item.client_id);
  }
}

const taken = me ? takeOver().catch(() => {}) : null;

if (me) {
  socket.onOpen(() => {
    failures = 0;
    flushAll();
  });
  addEventListener("online", flushAll);
}
