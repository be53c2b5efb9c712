// Comments in their place: opened under a card, written without leaving the page, appearing as others write them.
import { getFragment, introduce, postFragment } from "./fragment.js";
import { HttpError } from "./http.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";
import { complain } from "./toast.js";
import { uuid } from "./uuid.js";

const sectionOf = (postId) => document.querySelector(`[data-comments="${postId}"]`);
const typing = matchMedia("(pointer: fine)");

async function open(link) {
  const card = link.closest("[data-post]");
  const slot = card.querySelector("[data-comments-slot]");
  if (!slot) {
    card.querySelector("[data-comment-form] textarea")?.focus();
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
    slot.querySelector("textarea")?.focus({ preventScroll: true });
  } catch (error) {
    complain(error);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

/** Puts a comment at the end of its list, unless it stands there already. */
function append(list, node) {
  const there = document.getElementById(node.id);
  if (there) {
    if (there.hidden) there.replaceWith(node);
    return;
  }
  list.append(node);
  introduce(node);
}

async function send(form) {
  const area = form.elements.text;
  if (!area.value.trim() || form.getAttribute("aria-busy")) return;
  form.dataset.clientId ||= uuid();
  const body = new FormData(form);
  body.set("client_id", form.dataset.clientId);
  form.setAttribute("aria-busy", "true");
  area.readOnly = true;
  try {
    const [node] = await postFragment(form.action, body);
    if (!node?.matches("[data-comment]")) throw new Error(t("failed")); // something between us and the site answered
    delete form.dataset.clientId;
    area.value = "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
    append(form.closest("[data-comments]").querySelector("[data-comment-list]"), node);
  } catch (error) {
    complain(error); // what was written stays
  } finally {
    form.removeAttribute("aria-busy");
    area.readOnly = false;
    area.focus({ preventScroll: true });
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-comments-open]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link);
});

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest?.("[data-comment-form]");
    if (!form) return;
    event.preventDefault();
    send(form);
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !typing.matches) return;
  const form = event.target.closest?.("[data-comment-form] textarea")?.form;
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});

async function appear({ post, comment }) {
  const list = sectionOf(post)?.querySelector("[data-comment-list]");
  if (!list || document.getElementById(`comment-${comment}`)) return;
  try {
    const [node] = await getFragment(`/comments/${comment}/`);
    append(list, node);
  } catch (error) {
    // Not for this reader, or gone again: there is nothing to show.
    if (!(error instanceof HttpError)) throw error;
  }
}

socket.on("comment.new", appear);
socket.on("comment.gone", ({ comment }) => {
  const row = document.getElementById(`comment-${comment}`);
  // One's own deletion is hidden and waits for its undo.
  if (row && !row.hidden) row.remove();
});

/** After a reconnect: the last page of every open list again, and what is missing put in its place. */
export async function catchUp() {
  for (const section of document.querySelectorAll("[data-comments]")) {
    const list = section.querySelector("[data-comment-list]");
    try {
      const [fresh] = await getFragment(`/posts/${section.dataset.comments}/comments/`);
      fresh?.querySelectorAll("[data-comment]").forEach((node) => append(list, node));
    } catch (error) {
      // The post is no longer for this reader: its card leaves by itself.
      if (!(error instanceof HttpError)) throw error;
    }
  }
}
