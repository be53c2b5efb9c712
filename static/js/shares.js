// Sharing in a dialog, without leaving what one reads. Without script the same address is a page.
import { introduce, openDialog, openHere, postFragment } from "./fragment.js";
import { post as send } from "./http.js";
import { t } from "./strings.js";
import { complain, offerUndo } from "./toast.js";
import { uuid } from "./uuid.js";

const tell = (url) => send(url, new FormData(), { headers: { "HX-Request": "true" } });

function mark(id, mine) {
  for (const link of document.querySelectorAll(`a[data-shares-of="${id}"]`)) link.classList.toggle("kept", mine);
}

function open(link, nodes) {
  const dialog = openDialog(link, nodes, "share-title");
  const original = link.dataset.sharesOf;
  dialog.querySelector("[name=client_id]").value = uuid();
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.dataset.unshare) unshare(event, dialog, original);
    else share(event, dialog, original);
  });
}

async function share(event, dialog, original) {
  const form = event.target;
  const said = form.querySelector("[data-share-error]");
  const button = event.submitter ?? form.querySelector("[type=submit]");
  const bare = !new FormData(form).get("text").trim();
  said.hidden = button.disabled = true;
  try {
    const [card] = await postFragment(form.action, new FormData(form));
    dialog.close();
    const there = document.getElementById(card.id);
    if (bare) mark(original, true);
    if (!there) document.querySelector("[data-feed][data-live]")?.prepend(card);
    if (card.isConnected) introduce(card);
    const undo = card.querySelector("[data-delete]").action;
    offerUndo(t("shared"), () => takeBack(undo, card.id, bare && original));
  } catch (error) {
    said.textContent = error.message;
    said.hidden = button.disabled = false;
  }
}

async function takeBack(url, id, original) {
  try {
    await tell(url);
    document.getElementById(id)?.remove();
    if (original) mark(original, false);
  } catch (error) {
    complain(error);
  }
}

async function unshare({ submitter }, dialog, original) {
  const { unshare: undo } = submitter.dataset;
  try {
    await tell(submitter.formAction);
  } catch (error) {
    complain(error);
    return;
  }
  dialog.close();
  mark(original, false);
  offerUndo(t("unshared"), () => tell(undo).then(() => mark(original, true)).catch(complain));
}

openHere("a[data-share]", open);
