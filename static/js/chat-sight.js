// Somebody blocked somebody, or took it back, while a group's page is open: the lines of one for the other close or open
// where they stand. A conversation of two is gone then, or back in the list (chat-thread.js, chat-inbox.js).
import { forget, refresh } from "./chat-group.js";
import { arrange } from "./chat-lines.js";
import { hold } from "./chat-marks.js";
import { getFragment } from "./fragment.js";
import { HttpError } from "./http.js";
import { socket } from "./socket.js";

const SPREAD = 300; // ms: what else "access" says comes first

/** What a block changes of a line: whether it is closed, who is named, and whether what it answers is to be read. */
const sight = (node) =>
  [node.localName, ...[...node.querySelectorAll("[data-from], .cite")].map((part) => part.textContent)].join("\n");

async function look(thread) {
  const { box } = thread;
  const there = thread.atEnd();
  const last = Math.max(...thread.seqs());
  for (let after = Math.min(...thread.seqs()) - 1; after < last; ) {
    const lines = (await getFragment(`/chat/${thread.id}/?after=${after}`)).filter((node) => node.dataset.seq);
    if (!lines.length) break;
    for (const fresh of lines) {
      const shown = box.querySelector(`#${fresh.id}`);
      if (!shown || sight(shown) === sight(fresh)) continue;
      const focus = shown.matches(".msg") && fresh.matches(".msg") ? hold(shown) : () => {};
      shown.replaceWith(fresh);
      focus(fresh);
    }
    after = Math.max(after + 1, ...lines.map((node) => Number(node.dataset.seq)));
  }
  const pinned = document.querySelector(".pinbar");
  if (pinned && box.querySelector(`.notice${new URL(pinned.href).hash}`)) pinned.remove();
  arrange(box);
  if (there) thread.toEnd();
}

export function watchSight(thread) {
  if (!thread.inGroup) return;
  let timer = 0;
  // Who is led out of the group looks no more.
  socket.on("chat.membership", (word) => word.conversation === thread.id && !word.is_member && clearTimeout(timer));
  socket.on("access", () => {
    forget();
    clearTimeout(timer);
    timer = setTimeout(async () => {
      refresh(thread);
      if (!thread.seqs().length) return;
      try {
        await look(thread);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error; // the page is gone: the thread finds out as it resumes
      }
    }, SPREAD);
  });
}
