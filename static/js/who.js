// Who reacted, in a dialog; without script the link leads to a page of its own.
import { getFragment, introduce } from "./fragment.js";
import { complain } from "./toast.js";

function dialog() {
  const there = document.getElementById("who-dialog");
  if (there) return there;
  document.body.append(document.querySelector("[data-who-template]").content.cloneNode(true));
  return document.getElementById("who-dialog");
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-who]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const made = await getFragment(link.href);
    const box = dialog();
    box.querySelector("[data-who-list]").replaceChildren(...made);
    box.showModal();
    made.forEach(introduce);
  } catch (error) {
    complain(error);
  }
});
