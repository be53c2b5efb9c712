// Reporting in a dialog, without leaving what one reads. Without script the same address is a page.
import { openDialog, openHere, postFragment } from "./fragment.js";

function open(link, nodes) {
  const dialog = openDialog(link, nodes, "report-title");
  dialog.addEventListener("submit", (event) => {
    if (event.target.matches("[data-report-form]")) send(event, dialog);
    else dialog.close(); // what one chose to do for oneself goes on by itself
  });
}

async function send(event, dialog) {
  event.preventDefault();
  const form = event.target;
  const said = form.querySelector("[data-report-error]");
  const button = form.querySelector("[type=submit]");
  said.hidden = button.disabled = true;
  try {
    dialog.replaceChildren(...(await postFragment(form.action, new FormData(form))));
    dialog.querySelector("#report-title")?.focus();
  } catch (error) {
    said.textContent = error.message;
    said.hidden = button.disabled = false;
  }
}

openHere("a[data-report]", open);
