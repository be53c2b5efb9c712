// The order of the pictures of a post: by dragging them, and by a button to either side.
import { t } from "./strings.js";

const picksOf = (place) => [...place.querySelectorAll(":scope > .pick")];

/** Who stands at an end goes no further that way. */
export function show(place) {
  const picks = picksOf(place);
  picks.forEach((pick, at) => {
    pick.setAttribute("aria-label", t("picture_place", { n: at + 1, all: picks.length }));
    const [earlier, later] = pick.querySelectorAll("[data-pick-move]");
    if (!earlier) return;
    earlier.disabled = at === 0;
    later.disabled = at === picks.length - 1;
  });
}

function say(place, pick) {
  const line = place.parentElement.querySelector("[data-picks-status]");
  if (line) line.textContent = pick.getAttribute("aria-label");
}

export function order(uploader) {
  const { place } = uploader;
  let dragged = null;

  function step(button) {
    const pick = button.closest(".pick");
    const way = Number(button.dataset.pickMove);
    const other = way < 0 ? pick.previousElementSibling : pick.nextElementSibling;
    if (!other) return;
    if (way < 0) other.before(pick);
    else other.after(pick);
    uploader.moved();
    show(place);
    (button.disabled ? pick.querySelector("[data-pick-move]:enabled") : button)?.focus();
    say(place, pick);
  }

  place.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-pick-move]");
    if (button) step(button);
  });
  place.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".pick");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", ""); // else nothing is dragged
    dragged.classList.add("dragged");
  });
  place.addEventListener("dragover", (event) => {
    const over = event.target.closest(".pick");
    if (!dragged) return;
    event.preventDefault();
    if (!over || over === dragged) return;
    const box = over.getBoundingClientRect();
    const rtl = getComputedStyle(place).direction === "rtl";
    if (event.clientX > box.left + box.width / 2 !== rtl) over.after(dragged);
    else over.before(dragged);
  });
  place.addEventListener("drop", (event) => {
    if (dragged) event.preventDefault();
  });
  place.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    uploader.moved();
    say(place, dragged);
    dragged = null;
  });
}
