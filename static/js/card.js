// A post's card, made new from a fresh one: open comments and a half-written answer stay, and so does what is unfolded.
const part = (card, name) => card.querySelector(`:scope > ${name}`);

export function renew(card, fresh) {
  card.dataset.version = fresh.dataset.version;
  part(card, ".posthead")?.replaceWith(part(fresh, ".posthead"));
  const [old, body] = [part(card, "[data-body]"), part(fresh, "[data-body]")];
  const [was, is] = [old.querySelector("[data-warned]"), body.querySelector("[data-warned]")];
  if (was && is && was.querySelector("summary").textContent === is.querySelector("summary").textContent) is.open = was.open;
  // Pictures that are the same are not loaded, and do not flicker, again.
  const shown = [...old.querySelectorAll(".photos")];
  for (const photos of body.querySelectorAll(".photos")) {
    const same = shown.find((one) => one.isEqualNode(photos));
    if (same) photos.replaceWith(same);
  }
  old.replaceWith(body);
  part(card, ".acts > [data-shares-of]")?.replaceWith(part(fresh, ".acts > [data-shares-of]") ?? "");
  if (fresh.dataset.shared) card.dataset.shared = fresh.dataset.shared;
  else delete card.dataset.shared;
  card.toggleAttribute("data-comments-off", fresh.hasAttribute("data-comments-off"));
}
