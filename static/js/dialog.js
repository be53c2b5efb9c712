// Dialogs: data-dialog="id" opens one, a click beside it or Esc closes it, data-confirm asks before a form is sent.
import { t } from "./strings.js";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      dialog.showModal();
    }
    return;
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
});

// The backdrop belongs to the dialog: a press that begins and ends on it closes.
let pressed = null;
document.addEventListener("pointerdown", (event) => (pressed = event.target));
document.addEventListener("click", (event) => {
  const { target } = event;
  if (!(target instanceof HTMLDialogElement) || pressed !== target || !event.detail) return;
  const box = target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) target.close();
});

/** Asks, and answers true or false. Only for what nothing can bring back; everything else is done and offers Undo. */
export function ask({ title, text = "", yes = t("yes"), no = t("cancel"), danger = true }) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const heading = document.createElement("h2");
  heading.id = "ask-title";
  heading.textContent = title;
  dialog.setAttribute("aria-labelledby", heading.id);
  const ends = document.createElement("form");
  ends.method = "dialog";
  ends.className = "ends";
  for (const [value, label, css] of [["no", no, "btn ghost"], ["yes", yes, danger ? "btn danger" : "btn"]]) {
    const button = document.createElement("button");
    button.value = value;
    button.className = css;
    button.textContent = label;
    ends.append(button);
  }
  dialog.append(heading);
  if (text) {
    const words = document.createElement("p");
    words.textContent = text;
    dialog.append(words);
  }
  dialog.append(ends);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

/** What the markup of a form asks (accounts.templatetags): the button names the deed. */
export const question = ({ dataset }, title) => ({
  title,
  text: dataset.confirmText,
  yes: dataset.confirmYes,
  danger: dataset.confirmCalm === undefined,
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const { submitter } = event;
  const source = submitter?.dataset.confirm ? submitter : form;
  if (!source.dataset.confirm || form.dataset.asked) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(question(source, source.dataset.confirm)).then((yes) => {
    if (!yes) return;
    form.dataset.asked = "1";
    // Without a script the button named "ask" leads to a page that asks; here that is done.
    form.requestSubmit(submitter?.name === "ask" ? undefined : (submitter ?? undefined));
    delete form.dataset.asked;
  });
}, true);
