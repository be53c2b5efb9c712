// The feed: what is on the page stays true, what is new announces itself without moving what one reads.
import "./composer.js";
import "./link-choice.js";
import { renew } from "./card.js";
import { catchUp } from "./comments.js";
import { getFragment, introduce, postFragment } from "./fragment.js";
import { HttpError, post as send } from "./http.js";
import "./keep.js";
import "./mute.js";
import { showPoll } from "./poll.js";
import "./who.js";
import "./why.js";
import { showPostCounts } from "./reactions.js";
import "./shares.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";
import { complain, offerUndo } from "./toast.js";
import "./unfold.js";

const AHEAD = "1500px"; // cards this near are watched
const GATHER = 150;
const AT_ONCE = 100;

const cardOf = (id) => document.getElementById(`post-${id}`);

// -- Watching what is near ---------------------------------------------------------------------------------------------

const near = new Map(); // how many cards near show this post, as themselves or inside a share
const seen = new WeakSet(); // the cards near
const coming = new Set();
const going = new Set();
let timer = 0;

const shownBy = (card) => [card.dataset.post, card.dataset.shared].filter(Boolean).map(Number);
const sharesOf = (id) => [...document.querySelectorAll(`[data-shared="${id}"]`)].filter((card) => !card.hidden);

const cardsOf = (id) => [cardOf(id), ...sharesOf(id)].filter((card) => card && !card.hidden);

/** What changed before it was watched is fetched; each version is asked for once. */
function catchUpWith(card, post, version) {
  const shown = card.id === `post-${post}` ? card : card.querySelector("[data-shared-part]");
  if (shown.dataset.version === version || shown.dataset.asked === version) return;
  shown.dataset.asked = version;
  refresh(card);
}

async function watch(ids) {
  const { posts } = await socket.insist("feed.watch", { posts: ids });
  const there = new Set(posts.map(({ post }) => post));
  for (const { post, reactions, comments, shares, version, poll } of posts) {
    showPostCounts(post, reactions, comments, shares);
    if (poll) showPoll(poll, { whole: true });
    for (const card of cardsOf(post)) catchUpWith(card, post, version);
  }
  // What one may no longer see leaves the page.
  for (const id of ids) if (!there.has(id)) gone(id);
}

async function settle() {
  timer = 0;
  if (!socket.isOpen) return;
  const [add, drop] = [[...coming], [...going]];
  coming.clear();
  going.clear();
  for (let at = 0; at < drop.length; at += AT_ONCE) socket.say("feed.unwatch", { posts: drop.slice(at, at + AT_ONCE) });
  for (let at = 0; at < add.length; at += AT_ONCE) await watch(add.slice(at, at + AT_ONCE));
}

function soon() {
  timer ||= setTimeout(() => settle().catch(() => {}), GATHER); // a reconnect asks for all of them again
}

function step(id, by) {
  const before = near.get(id) ?? 0;
  const after = before + by;
  if (after > 0) near.set(id, after);
  else near.delete(id);
  if (before > 0 === after > 0) return;
  const [to, from] = after > 0 ? [coming, going] : [going, coming];
  to.add(id);
  from.delete(id);
  soon();
}

function turn(card, isNear) {
  if (isNear === seen.has(card)) return;
  if (isNear) seen.add(card);
  else seen.delete(card);
  for (const id of shownBy(card)) step(id, isNear ? 1 : -1);
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) turn(target, isIntersecting);
  },
  { rootMargin: AHEAD },
);

/** Where a post has a page of its own something stands in for it: an empty page says nothing. */
async function standIn(card, given) {
  if (!card.matches("[data-post]") || !document.querySelector("[data-gone-template]")) return () => {};
  return (await import("./post-gone.js")).standIn(card, given);
}

async function leave(card) {
  if (!card || card.hidden || card.dataset.leaves) return;
  card.dataset.leaves = "";
  observer.unobserve(card);
  turn(card, false);
  await standIn(card);
  card.remove();
}

function gone(id) {
  leave(cardOf(id));
  for (const card of sharesOf(id)) refresh(card);
}

async function refresh(card) {
  try {
    const [fresh] = await getFragment(`/posts/${card.dataset.post}/`);
    const wasNear = seen.has(card);
    turn(card, false);
    renew(card, fresh);
    introduce(card);
    turn(card, wasNear);
    for (const id of shownBy(card)) if (near.has(id)) coming.add(id); // by their new names
    soon();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.status === 404) leave(card);
  }
}

function meet(root) {
  if (root.querySelector?.("[data-film]")) import("./film.js");
  const cards = root.matches?.("[data-post]") ? [root] : root.querySelectorAll?.("[data-post]") ?? [];
  for (const card of cards) {
    observer.observe(card);
    pending.delete(Number(card.dataset.post));
  }
}

// -- New posts -----------------------------------------------------------------------------------------------------------

const feed = document.querySelector("[data-feed][data-live]");
const pill = document.querySelector("[data-pill]");
const pending = new Set();

function showPill() {
  if (!pill) return;
  pill.hidden = !pending.size;
  if (!pending.size) return;
  pill.querySelector("[data-pill-text]").textContent = pending.size === 1 ? t("new_post_one") : t("new_posts", { n: pending.size });
}

/** Where it goes by time, what is new stands above the first; where it is ranked, the site says since when. */
const newest = () => Math.max(Number(feed.dataset.since ?? 0), ...[...feed.querySelectorAll("[data-post]")].map((card) => Number(card.dataset.post)));
const fetchNew = () => getFragment(`${pill.dataset.url}?after=${newest()}`);
const isPost = (node) => node.matches("[data-post]");

async function showNew() {
  pill.setAttribute("aria-busy", "true");
  try {
    const came = await fetchNew();
    // More has come than is shown at once: put above what stands here it would leave a hole.
    if (came.some((node) => node.matches("[data-part]"))) return location.assign(location.pathname + location.search);
    feed.querySelector("[data-empty]")?.remove();
    const fresh = came.filter((node) => isPost(node) && !document.getElementById(node.id));
    feed.prepend(...fresh);
    fresh.forEach(introduce);
    pending.clear();
    showPill();
    scrollTo({ top: 0, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    fresh[0]?.querySelector("a")?.focus({ preventScroll: true });
  } catch (error) {
    complain(error);
  } finally {
    pill.removeAttribute("aria-busy");
  }
  return undefined;
}

pill?.addEventListener("click", showNew);
socket.on("post.new", ({ post }) => {
  if (!feed || cardOf(post)) return;
  pending.add(post);
  showPill();
});

// -- What changes --------------------------------------------------------------------------------------------------------

socket.on("post.gone", ({ post }) => {
  pending.delete(post);
  showPill();
  gone(post);
});

socket.on("post.edited", ({ post }) => {
  for (const card of cardsOf(post)) refresh(card);
});

let opened = false;
socket.onOpen(async () => {
  for (const id of near.keys()) coming.add(id);
  const again = opened;
  opened = true;
  await settle(); // first what is gone, then what is new
  if (!again) return;
  if (feed) {
    for (const card of (await fetchNew()).filter(isPost)) if (!document.getElementById(card.id)) pending.add(Number(card.dataset.post));
    showPill();
  }
  await catchUp();
});

// -- Deleting, with the way back -----------------------------------------------------------------------------------------

/** A post that stands here comes back with its comments, and with what was half written under it. */
async function comesBack(row, fresh) {
  if (row.querySelector("[data-comments]")) {
    row.hidden = false;
    if (row.dataset.version !== fresh.dataset.version) await refresh(row);
    return;
  }
  (fresh.matches("[data-thread]") ? row.closest("[data-thread]") : row).replaceWith(fresh);
  introduce(fresh);
}

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target.closest?.("[data-delete]");
    if (!form) return;
    event.preventDefault();
    const row = form.closest("[data-comment], [data-post]");
    row.hidden = true;
    try {
      await send(form.action, new FormData(form), { headers: { "HX-Request": "true" } });
    } catch (error) {
      row.hidden = false;
      complain(error);
      return;
    }
    const words = t(row.matches("[data-comment]") ? "comment_deleted" : "post_deleted");
    const undo = async () => {
      try {
        const [fresh] = await postFragment(form.dataset.undo, new FormData());
        take();
        away();
        await comesBack(row, fresh);
      } catch (error) {
        complain(error);
      }
    };
    const take = offerUndo(words, undo);
    const away = await standIn(row, { words, undo });
  },
  true,
);

meet(document.body);
document.addEventListener("inserted", (event) => {
  meet(event.target);
  showPill();
});
document.addEventListener("htmx:load", (event) => meet(event.detail.elt));

// -- Where one was reading -----------------------------------------------------------------------------------------------

const BAR = 64; // what lies under the top bar of a phone is read
const place = `place:${location.pathname}${location.search}`;
if (document.querySelector("[data-feed]")) {
  const kept = performance.getEntriesByType("navigation")[0]?.type === "back_forward" && sessionStorage.getItem(place);
  if (kept) import("./place.js").then(({ back }) => back(JSON.parse(kept)));
  addEventListener("pagehide", () => {
    const card = [...document.querySelectorAll("[data-feed] [data-post]")].find((one) => one.getBoundingClientRect().bottom > BAR);
    if (scrollY && card) sessionStorage.setItem(place, JSON.stringify({ id: card.dataset.post, top: card.getBoundingClientRect().top }));
    else sessionStorage.removeItem(place);
  });
}

// Pictures are shown large on this page; without script the link leads to the file.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-picture]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  import("./gallery.js").then(
    ({ showPicture }) => showPicture(link),
    () => location.assign(link.href),
  );
});

// Only pages and people that need these load them.
if (document.querySelector("[data-edit-post]")) import("./edit-post.js");
const extras = document.querySelector("[data-extras]");
if (extras?.querySelector("[open]")) import("./more-fields.js");
else extras?.addEventListener("toggle", () => import("./more-fields.js"), { capture: true, once: true });

// Completion is loaded by who begins to write, and looks at what they have typed until then.
async function completes(area) {
  if (!area?.matches("textarea")) return;
  const first = !document.documentElement.dataset.completes;
  document.documentElement.dataset.completes = "";
  await import("./complete.js");
  if (first && area.value) area.dispatchEvent(new Event("input", { bubbles: true }));
}
document.addEventListener("focusin", ({ target }) => completes(target));
completes(document.activeElement); // who began before this did
