// Where one was reading: who comes back to a feed finds the post that was before them, however many pages down it is.
import { getFragment, introduce } from "./fragment.js";

const PAGES = 25;
const feed = document.querySelector("[data-feed]");
const cardOf = (id) => document.getElementById(`post-${id}`);

/** The next page; its link is taken away first, so that nobody else follows it. */
async function more() {
  const pager = feed.querySelector(":scope > [data-pager]");
  if (!pager) return false;
  const mark = document.createComment("");
  pager.replaceWith(mark);
  try {
    const made = await getFragment(pager.querySelector("a").href);
    mark.replaceWith(...made);
    made.forEach(introduce);
    return true;
  } catch {
    mark.replaceWith(pager); // it stands there for a press
    return false;
  }
}

export async function back({ id, top }) {
  history.scrollRestoration = "manual"; // else the browser puts one somewhere once all is loaded
  let left = false; // one goes on by oneself
  for (const kind of ["wheel", "touchstart", "keydown"]) addEventListener(kind, () => (left = true), { once: true, passive: true });
  // There, with a screen below where it stood.
  const isThere = () => cardOf(id) && document.documentElement.scrollHeight - scrollY - cardOf(id).getBoundingClientRect().top + top >= innerHeight;
  for (let turn = 0; !left && !isThere() && turn < PAGES && (await more()); turn += 1);
  if (!left && cardOf(id)) scrollBy({ top: cardOf(id).getBoundingClientRect().top - top, behavior: "instant" });
}
