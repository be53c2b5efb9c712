// Long posts show their beginning in a list. "Read more" unfolds them where they are, and so does the keyboard when it
// comes to a link in what is folded. Without scripts the same link leads to the page of the post.
function unfold(text) {
  text.classList.remove("long");
  const link = text.nextElementSibling;
  if (link?.matches("[data-unfold]")) link.remove();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-unfold]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const text = link.previousElementSibling;
  unfold(text);
  text.tabIndex = -1; // one reads on where one was
  text.focus({ preventScroll: true });
});

document.addEventListener("focusin", ({ target }) => {
  const text = target.closest?.(".posttext.long");
  if (text) unfold(text);
});
