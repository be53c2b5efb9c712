// The list of conversations: the latest on top, counts and last words live.
import { face } from "./chat-group.js";
import { get } from "./http.js";
import { timeNode } from "./reltime.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";

const list = document.querySelector("[data-inbox]");
const me = Number(document.body.dataset.me);
const typing = new Map();
let fetching = 0;

const rowOf = (id) => list.querySelector(`[data-conv="${Number(id)}"]`);
const isOpen = (row) => row.getAttribute("aria-current") === "true" && !document.hidden;

function setUnread(row, count) {
  row.dataset.unread = count;
  row.classList.toggle("new", count > 0);
  const flag = row.querySelector("[data-flag]");
  flag.replaceChildren();
  if (!count) return;
  const badge = document.createElement("span");
  badge.className = "count";
  const seen = document.createElement("span");
  seen.setAttribute("aria-hidden", "true");
  seen.textContent = count > 99 ? "99+" : String(count);
  const heard = document.createElement("span");
  heard.className = "vh";
  heard.textContent = `${count} ${t("unread")}`;
  badge.append(seen, heard);
  flag.append(badge);
}

function hear(message) {
  const row = rowOf(message.conversation);
  if (!row) return refetch();
  if (message.rev <= Number(row.dataset.rev)) return undefined;
  row.dataset.rev = message.rev;
  const newest = Number(row.dataset.seq);
  if (message.only || message.seq < newest) return undefined; // what was said last is as it was
  row.dataset.seq = message.seq;
  if (message.kind === "system" || message.is_deleted || !message.text) return refetch(); // its words are the server's
  const mine = message.sender === me;
  const last = row.querySelector("[data-last]");
  last.textContent = mine ? `${t("you")}: ${message.text}` : message.text;
  if (!mine && "group" in row.dataset) {
    face(message.sender).then((who) => who && last.isConnected && (last.textContent = `${who.name}: ${message.text}`));
  }
  row.querySelector("time")?.replaceWith(timeNode(message.created_at));
  if (message.seq === newest) return undefined;
  if (!mine && !isOpen(row)) setUnread(row, Number(row.dataset.unread) + 1);
  if (!mine) stopTyping(row);
  if (row !== list.firstElementChild) list.prepend(row);
  return undefined;
}

function stopTyping(row) {
  row.querySelector("[data-conv-typing]").hidden = true;
  row.querySelector("[data-last]").hidden = false;
}

function hearTyping({ conversation, user, seconds }) {
  const row = rowOf(conversation);
  if (!row || user === me) return;
  row.querySelector("[data-conv-typing]").hidden = false;
  row.querySelector("[data-last]").hidden = true;
  clearTimeout(typing.get(conversation));
  typing.set(conversation, setTimeout(() => stopTyping(row), seconds * 1000));
}

/** The first page anew; several reasons at once are one. */
function refetch() {
  clearTimeout(fetching);
  fetching = setTimeout(async () => {
    const html = await get(list.dataset.url, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (html === null) return;
    const part = document.createElement("template");
    part.innerHTML = html;
    const open = list.querySelector('[aria-current="true"]')?.dataset.conv ?? document.querySelector("[data-thread]")?.dataset.conversation;
    if (!part.content.querySelector(".conv") && list.querySelector("[data-empty]")) return;
    part.content.querySelector(`[data-conv="${Number(open)}"]`)?.setAttribute("aria-current", "true");
    list.replaceChildren(part.content);
    window.htmx?.process(list);
    list.dispatchEvent(new CustomEvent("inserted", { bubbles: true }));
  }, 150);
}

if (list) {
  let opened = false;
  socket.on("chat.message", hear);
  socket.on("chat.typing", hearTyping);
  socket.on("chat.own_read", ({ conversation, unread }) => {
    const row = rowOf(conversation);
    if (row) setUnread(row, unread);
  });
  socket.on("chat.membership", (word) => (word.is_member ? refetch() : rowOf(word.conversation)?.remove()));
  socket.onOpen(() => {
    if (opened) refetch(); // the page itself was fresh when it first connected
    opened = true;
  });
}
