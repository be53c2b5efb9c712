// Pictures of a conversation in large, one after the other. Without script each is a page of its own.
import { get } from "./http.js";
import { t } from "./strings.js";

let dialog;
let shots = [];
let at = 0;

function make() {
  const template = document.querySelector("[data-shots-template]");
  document.body.append(template.content.cloneNode(true));
  dialog = document.getElementById("shots");
  dialog.addEventListener("click", ({ target }) => {
    const step = target.closest("[data-shots-step]");
    if (step) show(at + Number(step.dataset.shotsStep));
    else if (target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", ({ key }) => {
    const rtl = getComputedStyle(dialog).direction === "rtl" ? -1 : 1;
    if (key === "ArrowRight") show(at + rtl);
    if (key === "ArrowLeft") show(at - rtl);
  });
  // The links of a page that is open for long have ended: the site says new ones.
  dialog.querySelector("img").addEventListener("error", async ({ target }) => {
    if (target.dataset.renewed) return;
    target.dataset.renewed = "1";
    const fresh = await get(`/api/v1/uploads/${shots[at].dataset.shot}/picture`).catch(() => null);
    if (fresh) target.src = fresh.url;
  });
}

function show(place) {
  if (place < 0 || place >= shots.length) return;
  at = place;
  const image = dialog.querySelector("img");
  delete image.dataset.renewed;
  image.src = shots[at].href;
  image.alt = shots[at].querySelector("img").alt;
  dialog.querySelector("[data-shots-keep]").href = shots[at].dataset.keep;
  const [back, on] = dialog.querySelectorAll("[data-shots-step]");
  back.disabled = at === 0;
  on.disabled = at === shots.length - 1;
  dialog.querySelector("[data-shots-place]").textContent = t("{n} / {all}", { n: at + 1, all: shots.length });
}

document.addEventListener("click", (event) => {
  const shot = event.target.closest?.("[data-shot]");
  if (!shot || event.ctrlKey || event.metaKey || event.shiftKey || !document.querySelector("[data-shots-template]")) return;
  event.preventDefault();
  if (!dialog) make();
  shots = [...document.querySelectorAll("[data-shot]")];
  dialog.showModal();
  show(shots.indexOf(shot));
});
