// What stands before and after the part of a conversation that is shown, fetched as one comes near it.
import { arrange } from "./chat-lines.js";
import { get } from "./http.js";

/** Takes the marks that say whether there is more out of `root`, and says what they said. */
export function stretch(thread, root) {
  const tail = root.querySelector("[data-stretch]");
  const more = { older: Boolean(tail?.dataset.older), newer: Boolean(tail?.dataset.newer) };
  if (tail && root === thread.box) Object.assign(thread, more);
  root.querySelectorAll("[data-stretch], [data-older-link], [data-newer-link]").forEach((node) => node.remove());
  return more;
}

export async function load(thread, side) {
  if (thread.loading) return;
  thread.loading = true;
  try {
    const seqs = thread.seqs();
    const place = side === "before" ? Math.min(...seqs) : Math.max(...seqs);
    const html = await get(`/chat/${thread.id}/?${side}=${place}`, { headers: { "HX-Request": "true" } });
    const part = document.createElement("template");
    part.innerHTML = html;
    const more = stretch(thread, part.content);
    part.content.querySelectorAll(".day").forEach((node) => node.remove());
    if (side === "before") addAbove(thread, part.content, more.older);
    else addBelow(thread, part.content, more.newer);
  } finally {
    thread.loading = false;
  }
}

function addAbove(thread, content, more) {
  const { box } = thread;
  thread.older = more;
  const fromEnd = box.scrollHeight - box.scrollTop;
  box.prepend(content);
  arrange(box);
  box.scrollTo({ top: box.scrollHeight - fromEnd, behavior: "instant" });
}

function addBelow(thread, content, more) {
  const { box } = thread;
  thread.newer = more;
  const top = box.scrollTop;
  const pending = box.querySelector('.msg[data-seq=""]');
  (pending ?? thread.typing).before(content);
  arrange(box);
  box.scrollTo({ top, behavior: "instant" });
  if (!more) thread.resume().then(() => thread.showWaiting());
}
