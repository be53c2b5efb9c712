// Muting from the menu of a post: done at once, with the way back. Without script the same forms lead to full pages.
import { request } from "./http.js";
import { t } from "./strings.js";
import { complain, offerUndo, toast } from "./toast.js";

const send = (url) => request(url, { method: "POST", headers: { "HX-Request": "true" } });

async function mute(form) {
  const said = form.dataset.author ? t("person_muted") : t("conversation_muted");
  // What one muted leaves the feed; the page of one post, a profile and what one saved stay as they are.
  const rows = form.dataset.author && form.closest("[data-feed], dialog") ? [...document.querySelectorAll(`[data-feed]:not([data-keeps]) [data-by="${CSS.escape(form.dataset.author)}"]`)] : [];
  rows.forEach((row) => (row.hidden = true));
  const back = () => rows.forEach((row) => (row.hidden = false));
  try {
    await send(form.action);
  } catch (error) {
    back();
    complain(error);
    return;
  }
  form.hidden = true;
  offerUndo(said, async () => {
    try {
      await send(form.dataset.mute);
      form.hidden = false;
      back();
    } catch (error) {
      complain(error);
    }
  });
}

async function unmute(form) {
  try {
    await send(form.action);
    form.hidden = true;
    toast(t("conversation_unmuted"));
  } catch (error) {
    complain(error);
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest?.("[data-mute], [data-unmute]");
    if (!form) return;
    event.preventDefault();
    (form.matches("[data-mute]") ? mute : unmute)(form);
  },
  true,
);
