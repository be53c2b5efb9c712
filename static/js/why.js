// Why one sees a post, in a dialog; without script the link leads to a page of its own.
import { getFragment } from "./fragment.js";
import { complain } from "./toast.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-why]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const told = await getFragment(link.href);
    if (!document.getElementById("why-dialog")) document.body.append(document.querySelector("[data-why-template]").content.cloneNode(true));
    const dialog = document.getElementById("why-dialog");
    dialog.querySelector("[data-why-text]").replaceChildren(...told);
    const menu = link.closest("[popover]");
    dialog.addEventListener("close", () => document.querySelector(`[popovertarget="${menu?.id}"]`)?.focus(), { once: true });
    dialog.showModal();
  } catch (error) {
    complain(error);
  }
});
