// Who reacted, in a dialog; without script the link leads to a page of its own.
import { introduce, openHere } from "./fragment.js";

function dialog() {
  const there = document.getElementById("who-dialog");
  if (there) return there;
  document.body.append(document.querySelector("[data-who-template]").content.cloneNode(true));
  return document.getElementById("who-dialog");
}

openHere("a[data-who]", (_link, made) => {
  const box = dialog();
  box.querySelector("[data-who-list]").replaceChildren(...made);
  box.showModal();
  made.forEach(introduce);
});
