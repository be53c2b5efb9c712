// What a group's page needs besides: who speaks, notices in the reader's words, and the group as it is called now.
import { arrange } from "./chat-lines.js";
import { say } from "./chat-say.js";
import { get } from "./http.js";
import { t } from "./strings.js";

const SPREAD = 1500; // ms: a notice reaches many at once, and not all of them ask in the same moment
const faces = new Map();

/** {name, avatar} of a member, asked for once; null for who is not to be seen. */
export function face(id) {
  if (!faces.has(id)) faces.set(id, get(`/api/v1/users/${Number(id)}`).catch(() => null));
  return faces.get(id);
}

/** Whom one may see has changed. */
export const forget = () => faces.clear();

/** Puts name and picture of who speaks on a message that a script made. */
export async function dress(node, id) {
  node.dataset.sender = id;
  const from = node.querySelector("[data-from]");
  const who = from && (await face(id));
  if (!who) return;
  from.textContent = who.name;
  node.querySelector(".av img").src = who.avatar;
  node.querySelector(".bub > .vh").textContent = `${who.name}: `;
}

/** A line in its place; its words come from the server, in the reader's language. */
export function notice(thread, { seq, conversation, created_at: at, is_closed: isClosed }) {
  if (!isClosed) refresh(thread);
  if (thread.newer || thread.box.querySelector(`#m${seq}`)) return;
  const there = thread.atEnd();
  const node = document.createElement("p");
  Object.assign(node, { className: "notice", id: `m${seq}`, dir: "auto" });
  Object.assign(node.dataset, { seq, at });
  const later = [...thread.box.querySelectorAll(".msg")].find((one) => Number(one.dataset.seq || Infinity) > seq);
  (later ?? thread.typing).before(node);
  arrange(thread.box);
  if (isClosed) {
    node.textContent = t("closed");
    return;
  }
  say(thread.box, seq);
  setTimeout(async () => {
    const words = await get(`/chat/${Number(conversation)}/notices/${Number(seq)}/`).catch(() => "");
    node.textContent = words.trim();
    if (there) thread.toEnd();
  }, Math.random() * SPREAD * 0.3);
}

let waiting = 0;

/** Name, picture and people of the group anew; several reasons at once are one. */
export function refresh({ box }) {
  if (!box.dataset.cardUrl) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const html = await get(box.dataset.cardUrl).catch(() => null);
    if (html === null) return;
    const part = document.createElement("template");
    part.innerHTML = html;
    for (const piece of part.content.querySelectorAll("[data-card]")) {
      const place = document.querySelector(`.chatframe [data-card="${piece.dataset.card}"]`);
      place?.replaceChildren(...piece.childNodes);
      place?.dispatchEvent(new CustomEvent("inserted", { bubbles: true }));
    }
  }, Math.random() * SPREAD);
}
