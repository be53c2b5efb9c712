// Comments in their place: opened under a card, answered in their thread, appearing as others write them.
import { answerForm } from "./comment-form.js";
import { getFragment, introduce } from "./fragment.js";
import { HttpError } from "./http.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";
import { complain } from "./toast.js";

const sectionOf = (postId) => document.querySelector(`[data-comments="${postId}"]`);
const rowOf = (id) => document.getElementById(`comment-${id}`);
const threadOf = (id) => document.querySelector(`[data-thread="${id}"]`);

async function open(link) {
  const card = link.closest("[data-post]");
  const slot = card.querySelector("[data-comments-slot]");
  if (!slot) {
    card.querySelector("[data-comments] > [data-comment-form] textarea")?.focus();
    return;
  }
  if (slot.childElementCount) {
    slot.hidden = !slot.hidden;
    link.setAttribute("aria-expanded", String(!slot.hidden));
    return;
  }
  link.setAttribute("aria-busy", "true");
  try {
    const made = await getFragment(link.dataset.commentsOpen);
    // One page has many of these: the name that links point at stays the permalink's alone.
    made.forEach((node) => node.removeAttribute("id"));
    slot.replaceChildren(...made);
    slot.hidden = false;
    introduce(slot);
    link.setAttribute("aria-expanded", "true");
    slot.querySelector(":scope > [data-comments] > [data-comment-form] textarea")?.focus({ preventScroll: true });
  } catch (error) {
    complain(error);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

/** Puts a thread at the end of the list or an answer at the end of its thread, unless it stands there already. */
function append(section, node) {
  const { parent } = node.dataset; // of an answer
  const row = node.matches("[data-comment]") ? node : node.querySelector("[data-comment], .gone");
  const there = rowOf(row.dataset.comment ?? row.id.replace("comment-", ""));
  if (there) {
    if (!there.hidden && !there.matches(".gone")) return;
    // One's own deletion taken back elsewhere, or a place that is filled again.
    const whole = node.matches("[data-thread]") ? there.closest("[data-thread]") : there;
    whole.replaceWith(node);
  } else {
    const list = parent ? threadOf(parent)?.querySelector("[data-replies]") : section.querySelector("[data-comment-list]");
    if (!list) return;
    list.append(node);
  }
  introduce(node);
}

document.addEventListener("commented", ({ target: form, detail: { node } }) => {
  const section = form.closest("[data-comments]");
  append(section, node);
  if (form.closest("[data-thread]")) form.remove();
});

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a[data-comments-open]");
  if (link) {
    event.preventDefault();
    open(link);
    return;
  }
  const answer = event.target.closest("a[data-answer]");
  const form = answer && answerForm(answer.closest("[data-thread]"), answer.dataset.answer, answer.dataset.name);
  if (!form) return;
  event.preventDefault();
  form.elements.text.focus();
});

async function appear({ post, comment, parent }) {
  const section = sectionOf(post);
  const there = rowOf(comment);
  if (!section || (there && !there.matches(".gone"))) return;
  if (parent ? !threadOf(parent) : section.hasAttribute("data-alone") && !there) return;
  try {
    const [node] = await getFragment(`/comments/${comment}/`);
    append(section, node);
  } catch (error) {
    // Not for this reader, or gone again: there is nothing to show.
    if (!(error instanceof HttpError)) throw error;
  }
}

/** A first comment that is answered keeps its place. */
function close(row) {
  const thread = row.closest("[data-thread]");
  const first = thread && row.parentElement === thread;
  if (first && thread.querySelector("[data-replies] [data-comment]")) {
    const line = document.createElement("p");
    line.className = "reply gone";
    line.id = row.id;
    line.textContent = t("comment_gone");
    row.replaceWith(line);
  } else if (first) {
    thread.remove();
  } else {
    row.remove();
    if (thread?.querySelector(":scope > .gone") && !thread.querySelector("[data-replies] [data-comment]")) thread.remove();
  }
}

socket.on("comment.new", appear);
socket.on("comment.gone", ({ comment }) => {
  const row = rowOf(comment);
  // One's own deletion is hidden and waits for its undo.
  if (row && !row.hidden) close(row);
});
socket.on("comment.edited", async ({ comment }) => {
  const row = rowOf(comment);
  if (!row?.matches("[data-comment]") || row.hidden) return;
  try {
    const [node] = await getFragment(`/comments/${comment}/`);
    const fresh = node.matches("[data-comment]") ? node : node.querySelector("[data-comment]");
    row.replaceWith(fresh);
    introduce(fresh);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
  }
});

/** After a reconnect: the last page of every open list again, and what is missing put in its place. */
export async function catchUp() {
  for (const section of document.querySelectorAll("[data-comments]:not([data-alone])")) {
    try {
      const [fresh] = await getFragment(`/posts/${section.dataset.comments}/comments/`);
      for (const thread of fresh?.querySelectorAll("[data-thread]") ?? []) {
        const answers = [...thread.querySelectorAll("[data-replies] > [data-comment]")];
        if (!threadOf(thread.dataset.thread)) append(section, thread);
        else for (const node of answers) append(section, node);
      }
    } catch (error) {
      // The post is no longer for this reader: its card leaves by itself.
      if (!(error instanceof HttpError)) throw error;
    }
  }
}
