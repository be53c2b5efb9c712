// What one may do with a message, in a dialog. Without script the same address is a page; what becomes of the message
// is heard over the socket.
import { openDialog, openHere } from "./fragment.js";
import { request } from "./http.js";

openHere("a[data-marks]", (link, made) => {
  link.closest("dialog")?.close();
  openDialog(link, made, "marks-title");
});

openHere("a[data-message]", (link, made) => {
  const dialog = openDialog(link, made, "message-title");
  dialog.addEventListener("click", (event) => {
    const answer = event.target.closest("[data-reply]");
    if (!answer) return;
    event.preventDefault();
    dialog.close();
    const words = dialog.querySelector(".quoted").textContent;
    document.dispatchEvent(new CustomEvent("chat-reply", { detail: { seq: Number(answer.dataset.reply), words } }));
  });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event, dialog);
  });
});

async function send({ target: form, submitter }, dialog) {
  const said = dialog.querySelector("[data-options-error]");
  const body = new FormData(form, submitter); // before the button is disabled: then it would not be in it
  said.hidden = submitter.disabled = true;
  try {
    await request(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    dialog.close();
  } catch (error) {
    said.textContent = error.message;
    said.hidden = submitter.disabled = false;
  }
}
