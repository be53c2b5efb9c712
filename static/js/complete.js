// Mentions and hashtags complete while one types: a list under the field, chosen by arrows and Enter or Tab, closed by Esc.
import { get } from "./http.js";
import { t } from "./strings.js";

const FIELDS = "textarea:is([data-complete], [data-comment-form] *)";
const TOKEN = /(?:^|[^\p{L}\p{N}\p{M}_@#&/.])([@#])([\p{L}\p{N}\p{M}_.]{0,40})$/u;
const ADDRESS = { "@": "/api/v1/complete/people", "#": "/api/v1/complete/tags" };
const PAUSE = 180;
const HIGH = 300; // pixels that the list may take

let open = null; // { area, list, start, end, sign }
let timer = 0;
let asking = null;
let number = 0;

function token(area) {
  if (area.selectionStart !== area.selectionEnd) return null;
  const end = area.selectionStart;
  const [, sign, words] = TOKEN.exec(area.value.slice(Math.max(0, end - 60), end)) ?? [];
  return sign ? { sign, words, start: end - words.length - 1, end } : null;
}

function close() {
  clearTimeout(timer);
  asking?.abort();
  asking = null;
  if (!open) return;
  open.list.remove();
  for (const name of ["aria-controls", "aria-activedescendant", "aria-autocomplete"]) open.area.removeAttribute(name);
  open = null;
}

function option(sign, row) {
  const node = document.createElement("div");
  node.role = "option";
  node.id = `complete-${(number += 1)}`;
  node.setAttribute("aria-selected", "false");
  node.dataset.value = sign === "@" ? row.handle : row.name;
  const name = document.createElement(sign === "@" ? "b" : "span");
  name.dir = "auto";
  name.textContent = sign === "@" ? row.name : `#${row.name}`;
  if (sign === "#") return node.append(name), node;
  if (row.avatar) {
    const face = document.createElement("img");
    Object.assign(face, { src: row.avatar, alt: "", width: 32, height: 32 });
    node.append(face);
  }
  const handle = document.createElement("span");
  handle.className = "meta";
  handle.textContent = `@${row.handle}`;
  node.append(name, handle);
  return node;
}

function choose(node) {
  open.list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  node.setAttribute("aria-selected", "true");
  node.scrollIntoView({ block: "nearest" });
  open.area.setAttribute("aria-activedescendant", node.id);
}

function announce(area, count) {
  let line = area.parentElement.querySelector("[data-complete-status]");
  if (!line) {
    line = document.createElement("span");
    Object.assign(line, { className: "vh", role: "status" });
    line.dataset.completeStatus = "";
    area.after(line);
  }
  line.textContent = count === 1 ? t("suggestions_one") : t("suggestions", { n: count });
}

function show(area, found, rows) {
  close();
  if (!rows.length || document.activeElement !== area) return;
  const list = document.createElement("div");
  list.role = "listbox";
  list.id = "complete-list";
  list.className = "complete";
  list.setAttribute("aria-label", t("suggestions_label"));
  list.append(...rows.map((row) => option(found.sign, row)));
  area.parentElement.classList.add("completing");
  area.after(list);
  const box = area.getBoundingClientRect();
  const seen = visualViewport?.height ?? innerHeight;
  const above = box.bottom + HIGH > seen && box.top > HIGH;
  list.style.setProperty("top", above ? "auto" : `${area.offsetTop + area.offsetHeight}px`);
  list.style.setProperty("bottom", above ? `${area.parentElement.offsetHeight - area.offsetTop}px` : "auto");
  open = { area, list, ...found };
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  choose(list.firstElementChild);
  announce(area, rows.length);
}

function take(node) {
  const { area, sign, start, end } = open;
  const followed = /^\s/.test(area.value.slice(end));
  const words = `${sign}${node.dataset.value}`;
  area.setRangeText(followed ? words : `${words} `, start, end, "end");
  close();
  area.dispatchEvent(new Event("input", { bubbles: true }));
  close(); // not for what has just been completed
  area.focus();
}

function look(area) {
  const found = token(area);
  if (!found) return close();
  clearTimeout(timer);
  timer = setTimeout(async () => {
    asking?.abort();
    const call = new AbortController();
    asking = call;
    try {
      const { results } = await get(`${ADDRESS[found.sign]}?q=${encodeURIComponent(found.words)}`, { signal: call.signal });
      const now = token(area);
      if (asking !== call || now?.start !== found.start || now.words !== found.words) return;
      const whole = results.length === 1 && (results[0].handle ?? results[0].name) === found.words.toLowerCase();
      show(area, found, whole ? [] : results);
    } catch {
      if (asking === call) close(); // nobody is kept from typing
    }
  }, PAUSE);
}

document.addEventListener("input", (event) => {
  if (event.isComposing || !event.target.matches?.(FIELDS)) return;
  look(event.target);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!open || event.target !== open.area || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...open.list.children];
    const here = rows.findIndex((row) => row.id === open.area.getAttribute("aria-activedescendant"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(rows.at((here + (event.key === "ArrowDown" ? 1 : -1)) % rows.length));
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) take(rows[here]);
    else if (event.key === "Escape") close();
    else {
      if (["ArrowLeft", "ArrowRight", "Home", "End", "Tab"].includes(event.key)) close();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation(); // Enter sends a comment
  },
  true,
);

document.addEventListener("pointerdown", (event) => {
  if (!open) return;
  const row = event.target.closest('[role="option"]');
  if (row && open.list.contains(row)) event.preventDefault(); // the field keeps the focus
  else if (event.target !== open.area && !open.list.contains(event.target)) close();
});
document.addEventListener("click", (event) => {
  const row = open && event.target.closest('[role="option"]');
  if (row && open.list.contains(row)) take(row);
});
document.addEventListener("focusout", (event) => {
  if (open && event.target === open.area) close();
});
