// On the page of one post: what stands there once it is gone. What one was writing under it can still be taken along.
/** Puts it before the card; `words` and `undo` for who has deleted the post. Answers what takes it away again. */
export function standIn(card, { words, undo } = {}) {
  const node = document.querySelector("[data-gone-template]").content.firstElementChild.cloneNode(true);
  const written = [...card.querySelectorAll("[data-comment-form] textarea")].map(({ value }) => value.trim()).filter(Boolean);
  const [said, kept, button] = ["words", "written", "undo"].map((name) => node.querySelector(`[data-gone-${name}]`));
  if (words) said.textContent = words;
  if (written.length) kept.querySelector("textarea").value = written.join("\n\n");
  else kept.remove();
  if (undo) button.addEventListener("click", undo);
  else button.remove();
  const held = !card.hidden && card.contains(document.activeElement);
  card.before(node);
  if (held) node.focus();
  return () => node.remove();
}
