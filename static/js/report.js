// Reporting in a dialog, without leaving what one reads. Without script the same address is a page.
import { openHere, postFragment } from "./fragment.js";

function open(link, nodes) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog report";
  dialog.setAttribute("aria-labelledby", "report-title");
  dialog.append(...nodes);
  // Ways out are links on the page and close the dialog here.
  dialog.addEventListener("click", (event) => event.target.closest("a[data-close]") && event.preventDefault());
  dialog.addEventListener("submit", (event) => {
    if (event.target.matches("[data-report-form]")) send(event, dialog);
    else dialog.close(); // what one chose to do for oneself goes on by itself
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    const menu = link.closest("[popover]");
    (menu ? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`) : link)?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
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
