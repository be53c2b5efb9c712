// A box to pick something from: tabs of groups of small pictures, with search, what was picked lately, and all of it by
// keyboard. What the tabs hold and what a pick does is the caller's.
//
// tab: {key, label, face (node), groups: [{label, items: [{key, label, words, make() -> node}]}], extra? (node), size?}
import { t } from "./strings.js";

const RECENT = 24;
const account = document.body.dataset.me ?? "";
const canHover = matchMedia("(hover: hover)");

const storeOf = (tab) => `picked:${account}:${tab.key}`;
const recentOf = (tab) => JSON.parse(localStorage.getItem(storeOf(tab)) ?? "[]");

function remember(tab, item) {
  const kept = [item.key, ...recentOf(tab).filter((key) => key !== item.key)].slice(0, RECENT);
  localStorage.setItem(storeOf(tab), JSON.stringify(kept));
}

export function make(tag, css, props = {}) {
  const { attributes = {}, ...rest } = props;
  const node = Object.assign(document.createElement(tag), rest);
  if (css) node.className = css;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export class Picker {
  /** `hold`: the element it stands in; `onPick(item, tab)`; `back()`: where the focus goes when it closes. */
  constructor({ opener, hold, label, tabs, onPick, back }) {
    Object.assign(this, { opener, hold, tabs, onPick, back });
    this.box = make("div", "picker", { attributes: { role: "dialog", "aria-label": label } });
    const search = make("input", "inp", { type: "search", autocomplete: "off", enterKeyHint: "search", placeholder: t("picker_search") });
    search.setAttribute("aria-label", t("picker_search"));
    this.search = search;
    this.head = make("div", "pickhead");
    this.body = make("div", "pickbody", { id: "picker-panel", attributes: { role: "tabpanel" } });
    this.name = make("div", "pickname", { attributes: { "aria-hidden": "true" } });
    this.status = make("span", "vh", { attributes: { role: "status" } });
    this.list = make("div", "picktabs", { attributes: { role: "tablist", "aria-label": label } });
    this.buttons = tabs.map((tab) => this.tabButton(tab));
    this.list.append(...this.buttons);
    this.box.append(this.head, this.body, this.name, this.list, this.status);
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.body.addEventListener("click", (event) => this.clicked(event));
    for (const kind of ["focusin", "pointerover"]) this.body.addEventListener(kind, (event) => this.shown(event));
    search.addEventListener("input", () => this.fill());
    this.outside = ({ target }) => {
      if (!this.box.contains(target) && !opener.contains(target) && !target.closest?.("[data-compose]")) this.close(false);
    };
    this.choose(tabs[0]);
  }

  get isOpen() {
    return this.box.isConnected;
  }

  open() {
    this.hold.append(this.box);
    this.fill();
    this.opener.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.outside);
    (canHover.matches ? this.search : this.items()[0] ?? this.search).focus();
  }

  close(focus = true) {
    this.box.remove();
    this.search.value = "";
    this.opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.outside);
    if (focus) this.back();
  }

  tabButton(tab) {
    const button = make("button", "picktab", { type: "button" });
    for (const [name, value] of [["role", "tab"], ["aria-label", tab.label], ["aria-controls", "picker-panel"], ["title", tab.label]]) {
      button.setAttribute(name, value);
    }
    button.append(tab.face);
    button.addEventListener("click", () => {
      this.choose(tab);
      this.fill();
    });
    return button;
  }

  choose(tab) {
    this.tab = tab;
    this.buttons.forEach((button, place) => {
      const here = this.tabs[place] === tab;
      button.setAttribute("aria-selected", String(here));
      button.tabIndex = here ? 0 : -1;
    });
    this.head.replaceChildren(this.search, ...(tab.extra ? [tab.extra] : []));
    this.body.setAttribute("aria-label", tab.label);
  }

  // -- What there is --

  fill() {
    const words = this.search.value.trim().toLocaleLowerCase();
    this.known = new Map();
    const groups = this.tab.groups.map(({ label, items }) => ({ label, items: items.filter((item) => fits(item, words)) }));
    const all = new Map(this.tab.groups.flatMap(({ items }) => items).map((item) => [item.key, item]));
    const recent = words ? [] : recentOf(this.tab).map((key) => all.get(key)).filter(Boolean);
    const shown = [{ label: t("picker_recent"), items: recent }, ...groups].filter(({ items }) => items.length);
    this.body.replaceChildren(...shown.map((group) => this.section(group)));
    this.body.scrollTop = 0;
    this.name.textContent = "";
    if (!shown.length) this.body.append(make("p", "muted", { textContent: t("picker_nothing") }));
    if (words) this.status.textContent = shown.length ? "" : t("picker_nothing");
    const [first] = this.items();
    if (first) first.tabIndex = 0;
  }

  section({ label, items }) {
    const part = make("section", "", { attributes: { "aria-label": label } });
    const grid = make("div", `pickgrid ${this.tab.size ?? ""}`);
    for (const item of items) {
      const button = make("button", "", { type: "button", tabIndex: -1 });
      button.append(item.make());
      this.known.set(button, item);
      grid.append(button);
    }
    part.append(make("h2", "", { textContent: label }), grid);
    return part;
  }

  items() {
    return [...this.body.querySelectorAll(".pickgrid > button")];
  }

  shown({ target }) {
    const item = this.known.get(target.closest("button"));
    if (item) this.name.textContent = item.label;
  }

  clicked({ target }) {
    const item = this.known.get(target.closest("button"));
    if (!item) return;
    remember(this.tab, item);
    this.status.textContent = item.said ?? "";
    this.onPick(item, this.tab);
  }

  // -- The keyboard --

  pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, target } = event;
    if (key === "Escape") {
      event.stopPropagation();
      this.close();
    } else if (target === this.search) this.inSearch(event);
    else if (target.closest(".picktabs")) this.inTabs(event);
    else if (target.closest(".pickgrid")) this.inGrid(event);
  }

  inSearch(event) {
    const [first] = this.items();
    if (event.key === "Enter") {
      event.preventDefault();
      if (this.search.value.trim()) first?.click();
    } else if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      first.focus();
    }
  }

  inTabs(event) {
    const here = this.buttons.indexOf(event.target);
    const turn = getComputedStyle(this.list).direction === "rtl" ? -1 : 1;
    const next = { ArrowRight: here + turn, ArrowLeft: here - turn, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const button = this.buttons.at(next % this.buttons.length);
    button.click();
    button.focus();
  }

  inGrid(event) {
    const all = this.items();
    const here = all.indexOf(event.target);
    const turn = getComputedStyle(this.body).direction === "rtl" ? -1 : 1;
    const steps = { ArrowRight: here + turn, ArrowLeft: here - turn, Home: 0, End: all.length - 1 };
    let next = all[steps[event.key]];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") next = beside(all, here, event.key === "ArrowDown" ? 1 : -1);
    if (event.key === "ArrowUp" && !next) next = this.search;
    if (next) {
      event.preventDefault();
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else if ((event.key.length === 1 && event.key !== " ") || event.key === "Backspace") this.search.focus(); // and the key goes there
  }
}

const fits = ({ words }, wanted) => wanted.split(/\s+/).every((word) => words.toLocaleLowerCase().includes(word));

/** The nearest one in the next row below or above. */
function beside(all, here, turn) {
  const at = all[here].getBoundingClientRect();
  const row = (node) => node.getBoundingClientRect().top;
  let place = here + turn;
  while (all[place] && Math.abs(row(all[place]) - at.top) < 2) place += turn;
  if (!all[place]) return undefined;
  const top = row(all[place]);
  const line = [];
  for (; all[place] && Math.abs(row(all[place]) - top) < 2; place += turn) line.push(all[place]);
  const far = (node) => Math.abs(node.getBoundingClientRect().left - at.left);
  return line.reduce((best, node) => (far(node) < far(best) ? node : best));
}
