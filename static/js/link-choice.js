// The composer asks about the card of a link when there is a link.
const LINK = /(^|[\s(<])(https?:\/\/|www\.)[^\s<>]/i;

for (const choice of document.querySelectorAll("[data-link-choice]")) {
  const form = choice.closest("form");
  const show = () => choice.classList.toggle("asked", LINK.test(form.elements.text.value));
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  show();
}
