// Reactions: seen at once, sent one after the other, taken back when the server refuses. Counts stay live.
import { request } from "./http.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";
import { complain } from "./toast.js";

const HOVER = 500;
const PRESS = 450;
const SVG = "http://www.w3.org/2000/svg";
const exact = new Intl.NumberFormat(document.documentElement.lang || undefined);

/** The same words as core.templatetags.ui.short. */
function short(number) {
  for (const [step, words] of [[1e6, "million"], [1e3, "thousand"]]) {
    if (number < step) continue;
    const tenths = Math.floor((number * 10) / step);
    const shown = tenths < 100 && tenths % 10 ? tenths / 10 : Math.floor(tenths / 10);
    return t(words, { n: exact.format(shown) }).replace(" ", "\u00a0");
  }
  return exact.format(number);
}

/** Writes a count where `data-count` says, nothing for zero. */
export function showCount(root, name, number) {
  const place = root.querySelector(`[data-count="${name}"]`);
  if (!place || number === undefined) return;
  place.dataset.n = number;
  place.textContent = number ? short(number) : "";
  place.title = number >= 1000 ? exact.format(number) : "";
}

function drawing(symbol, css, label = "") {
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", css);
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${symbol}`);
  svg.append(use);
  return said(svg, label);
}

/** A picture has a name, or is silent where the thing around it says the word already. */
function said(node, label) {
  if (label) {
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", label);
  } else node.setAttribute("aria-hidden", "true");
  return node;
}

const kinds = JSON.parse(document.getElementById("reactions")?.textContent ?? "[]"); // the owner's set, in its order

/** A kind that is not in the set any more is its emoji, or its drawing. */
function known(kind) {
  const emoji = kind.startsWith("e-") ? String.fromCodePoint(...kind.slice(2).split("-").map((code) => parseInt(code, 16))) : "";
  return kinds.find((one) => one.kind === kind) ?? { kind, emoji, name: emoji || kind };
}

/** As feed.templatetags.feed.reaction_of. */
function picture(kind, { silent = true } = {}) {
  const { emoji, name } = known(kind);
  if (!emoji) return drawing(`r-${kind}`, "rx", silent ? "" : name);
  const own = document.createElement("span");
  own.className = "rx own";
  own.textContent = emoji;
  return said(own, silent ? "" : name);
}

/** What the server says stands: {"like": 3}. */
export function showReactions(target, reactions) {
  const total = Object.values(reactions).reduce((sum, count) => sum + count, 0);
  const own = target.querySelector(":scope > .acts, :scope > .body > .meta");
  if (!own) return;
  own.querySelectorAll('[data-count="reactions"]').forEach((place) => showCount(place.parentElement, "reactions", total));
  const row = own.querySelector("[data-top-kinds]");
  if (!row) return;
  row.hidden = !total;
  const top = Object.keys(reactions).sort((a, b) => reactions[b] - reactions[a] || (a < b ? -1 : 1)).slice(0, 3);
  row.querySelector("[data-kinds]").replaceChildren(...top.map((kind) => picture(kind, { silent: false })));
}

function showMine(form, kind) {
  form.dataset.mine = kind;
  const main = form.querySelector("[data-react-main]");
  main.classList.toggle("on", Boolean(kind));
  main.setAttribute("aria-pressed", String(Boolean(kind)));
  main.value = kind ? "" : kinds[0].kind;
  const word = main.querySelector("[data-react-word]");
  if (word) word.textContent = known(kind || kinds[0].kind).name;
  main.querySelector(":scope > :is(svg, .rx)")?.replaceWith(kind ? picture(kind) : drawing("i-heart", "ic"));
  for (const button of form.querySelectorAll(".rxpick button")) {
    button.setAttribute("aria-pressed", String(button.value === kind));
  }
}

// form -> {known: what the server has, wanted, sending}
const states = new WeakMap();

/** Beside the button of a post, in the line below a comment. */
const countOf = (form) => form.parentElement.querySelector('[data-count="reactions"]');

function stateOf(form) {
  if (!states.has(form)) states.set(form, { known: form.dataset.mine, wanted: form.dataset.mine, sending: false });
  return states.get(form);
}

function want(form, kind) {
  const state = stateOf(form);
  const place = countOf(form);
  const number = Number(place?.dataset.n ?? 0) + (kind ? 1 : 0) - (state.wanted ? 1 : 0);
  state.wanted = kind;
  showMine(form, kind);
  showCount(form.parentElement, "reactions", Math.max(0, number));
  send(form, state);
}

async function send(form, state) {
  if (state.sending) return;
  state.sending = true;
  try {
    while (state.wanted !== state.known) {
      const kind = state.wanted;
      const answer = kind
        ? await request(form.dataset.react, { method: "PUT", body: { kind } })
        : await request(form.dataset.react, { method: "DELETE" });
      state.known = kind;
      if (state.wanted === kind) showReactions(form.closest("[data-comment], [data-post]"), answer.reactions);
    }
  } catch (error) {
    const number = Number(countOf(form)?.dataset.n ?? 0);
    showCount(form.parentElement, "reactions", Math.max(0, number + (state.known ? 1 : 0) - (state.wanted ? 1 : 0)));
    state.wanted = state.known;
    showMine(form, state.known);
    complain(error);
  } finally {
    state.sending = false;
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest?.("[data-react]");
    if (!form) return;
    event.preventDefault();
    const kind = event.submitter?.value ?? kinds[0].kind;
    want(form, kind === stateOf(form).wanted ? "" : kind);
  },
  true,
);

// The picker opens by its own button; resting on the heart or holding it opens it too.
let timer = 0;
let held = false;
const openPicker = (main) => {
  const picker = main.form?.querySelector(".rxpick");
  const source = main.form?.querySelector("[popovertarget]");
  if (picker && !picker.matches(":popover-open")) picker.showPopover({ source });
};
const mainOf = (event) => event.target.closest?.("[data-react-main]");

document.addEventListener("pointerover", (event) => {
  const main = event.pointerType === "mouse" && mainOf(event);
  if (!main) return;
  clearTimeout(timer);
  timer = setTimeout(() => openPicker(main), HOVER);
});
document.addEventListener("pointerout", () => clearTimeout(timer));
document.addEventListener("pointerdown", (event) => {
  held = false;
  const main = mainOf(event);
  clearTimeout(timer);
  if (!main || event.pointerType === "mouse") return;
  timer = setTimeout(() => {
    held = true;
    openPicker(main);
  }, PRESS);
});
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => clearTimeout(timer));
document.addEventListener(
  "click",
  (event) => {
    if (!held || !mainOf(event)) return;
    held = false;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

socket.on("post.counts", ({ post, reactions, comments, shares }) => showPostCounts(post, reactions, comments, shares));
socket.on("comment.counts", ({ comment, reactions }) => {
  const row = document.getElementById(`comment-${comment}`);
  const form = row?.querySelector("[data-react]");
  if (row && !(form && stateOf(form).sending)) showReactions(row, reactions);
});

/** Counts of one post, wherever it stands on the page; what one is just sending oneself is not overwritten. */
export function showPostCounts(id, reactions, comments, shares) {
  for (const act of document.querySelectorAll(`[data-shares-of="${id}"]`)) showCount(act, "shares", shares);
  const card = document.getElementById(`post-${id}`);
  if (!card) return;
  const form = card.querySelector(":scope > .acts [data-react]");
  if (!form || !stateOf(form).sending) showReactions(card, reactions);
  showCount(card.querySelector(":scope > .acts"), "comments", comments);
}
