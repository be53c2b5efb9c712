// A picture of a post or a comment, large, and the way to the others beside it. Loaded by who looks at one.
import { t } from "./strings.js";

const nameOf = (link) => link.dataset.picture || link.getAttribute("aria-label");

const wholeOf = (link) => link.closest(".quote, [data-body]");

/** The pictures that stand together: of one post, or of what it shares. One of a comment stands alone. */
function beside(link) {
  const whole = wholeOf(link);
  return whole ? [...whole.querySelectorAll("a[data-picture]")].filter((one) => wholeOf(one) === whole) : [link];
}

export function showPicture(link) {
  const links = beside(link);
  const dialog = document.querySelector("[data-gallery-template]").content.firstElementChild.cloneNode(true);
  const [image, words, place] = ["img", "[data-gallery-words]", "[data-gallery-place]"].map((one) => dialog.querySelector(one));
  const steps = dialog.querySelectorAll("[data-gallery-step]");
  let at = links.indexOf(link);

  function show() {
    const now = links[at];
    const small = now.querySelector("img");
    const large = new Image();
    // What is on the page already stands there until the large one has come, as large as that will be.
    image.src = small.currentSrc || now.href;
    image.style.maxInlineSize = `${small.getAttribute("width")}px`;
    image.style.maxBlockSize = `${small.getAttribute("height")}px`;
    large.addEventListener("load", () => now === links[at] && (image.src = large.src));
    large.src = now.href;
    image.alt = nameOf(now);
    words.textContent = now.dataset.picture;
    if (links.length > 1) place.textContent = `${t("picture_place", { n: at + 1, all: links.length })} ${now.dataset.picture}`;
  }

  function step(by) {
    at = (at + by + links.length) % links.length;
    show();
  }

  for (const button of steps) {
    button.hidden = links.length < 2;
    button.addEventListener("click", () => step(Number(button.dataset.galleryStep)));
  }
  dialog.addEventListener("keydown", ({ key }) => {
    const onwards = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (/^Arrow(Left|Right)$/.test(key) && links.length > 1) step(key === onwards ? 1 : -1);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  show();
  dialog.showModal();
}
