// Why one sees a post, in a dialog; without script the link leads to a page of its own.
import { openHere } from "./fragment.js";

openHere("a[data-why]", (link, told) => {
  if (!document.getElementById("why-dialog")) document.body.append(document.querySelector("[data-why-template]").content.cloneNode(true));
  const dialog = document.getElementById("why-dialog");
  dialog.querySelector("[data-why-text]").replaceChildren(...told);
  const menu = link.closest("[popover]");
  dialog.addEventListener("close", () => document.querySelector(`[popovertarget="${menu?.id}"]`)?.focus(), { once: true });
  dialog.showModal();
});
