// Saving and hiding from a post's card: done at once, with the way back. Without script the same forms lead to full pages.
import { getFragment, introduce } from "./fragment.js";
import { request } from "./http.js";
import { t } from "./strings.js";
import { complain, offerUndo, optimistic, toast } from "./toast.js";

const tell = (url) => request(url, { method: "POST", headers: { "HX-Request": "true" } });

// -- Saving ----------------------------------------------------------------------------------------------------------------

function show(form, kept) {
  const button = form.querySelector("button");
  button.classList.toggle("kept", kept);
  button.setAttribute("aria-pressed", String(kept));
  form.action = form.action.replace(/\/(un)?save\/$/, kept ? "/unsave/" : "/save/");
}

async function save(form) {
  const kept = form.querySelector("button").getAttribute("aria-pressed") !== "true";
  const send = () => request(form.dataset.save, { method: kept ? "PUT" : "DELETE", ...(kept && { body: {} }) }).then(() => true);
  if (!(await optimistic(() => show(form, kept), send, () => show(form, !kept)))) return;
  if (kept) toast({ text: t("saved"), action: { label: t("choose_collection"), href: form.dataset.choose } });
  else toast(t("unsaved"));
}

// -- Hiding ----------------------------------------------------------------------------------------------------------------

/** Where posts stand however the reader feels about them (a page of one, a profile), a hidden one says that it is. */
async function mark(card) {
  const [fresh] = await getFragment(`/posts/${card.dataset.post}/`);
  card.querySelector(":scope > [data-hidden-note]")?.remove();
  card.querySelector(":scope > .posthead")?.replaceWith(...fresh.querySelectorAll(":scope > .posthead, :scope > [data-hidden-note]"));
  introduce(card);
}

async function hide(form) {
  const card = document.getElementById(`post-${form.dataset.of}`);
  const leaves = Boolean(card?.closest("[data-feed]:not([data-keeps])"));
  if (leaves) card.hidden = true;
  try {
    await tell(form.action);
    if (card && !leaves) await mark(card);
  } catch (error) {
    if (leaves) card.hidden = false;
    return complain(error);
  }
  return offerUndo(t("post_hidden"), () => unhide(form.dataset.hide, card));
}

async function unhide(url, card) {
  try {
    await tell(url);
    if (card?.hidden) card.hidden = false;
    else if (card) await mark(card);
  } catch (error) {
    complain(error);
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest?.("[data-save], [data-hide], [data-unhide]");
    if (!form) return;
    event.preventDefault();
    if (form.matches("[data-save]")) save(form);
    else if (form.matches("[data-hide]")) hide(form);
    else unhide(form.action, form.closest("[data-post]"));
  },
  true,
);
