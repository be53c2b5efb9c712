// Where one was reading: who comes back to a feed finds the post that was before them, however many pages down it is.
import { getFragment, introduce } from "./fragment.js";

const PAGES = 25;
const BAR = 64; // what lies under the top bar of a phone is read
const KEY = `place:${location.pathname}${location.search}`;
const feed = document.querySelector("[data-feed]");
const cardOf = (id) => document.getElementById(`post-${id}`);

function keep() {
  const card = [...feed.querySelectorAll("[data-post]")].find((one) => one.getBoundingClientRect().bottom > BAR);
  const place = scrollY && card && { id: card.dataset.post, top: card.getBoundingClientRect().top };
  if (place) sessionStorage.setItem(KEY, JSON.stringify(place));
  else sessionStorage.removeItem(KEY);
}

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

async function back({ id, top }) {
  history.scrollRestoration = "manual"; // else the browser puts one somewhere once all is loaded
  let left = false; // one goes on by oneself
  for (const kind of ["wheel", "touchstart", "keydown"]) addEventListener(kind, () => (left = true), { once: true, passive: true });
  // There, with a screen below where it stood.
  const isThere = () => cardOf(id) && document.documentElement.scrollHeight - scrollY - cardOf(id).getBoundingClientRect().top + top >= innerHeight;
  for (let turn = 0; !left && !isThere() && turn < PAGES && (await more()); turn += 1);
  if (!left && cardOf(id)) scrollBy({ top: cardOf(id).getBoundingClientRect().top - top, behavior: "instant" });
}

if (feed) {
  const place = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (place && performance.getEntriesByType("navigation")[0]?.type === "back_forward") back(place);
  addEventListener("pagehide", keep);
}
