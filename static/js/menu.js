// Menus are popovers and open without script; here come arrow keys, and a place beside the button where CSS anchors are missing.
const rows = (menu) => [...menu.querySelectorAll("a[href], button:not(:disabled)")];

function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = menu;
  const rtl = getComputedStyle(button).direction === "rtl";
  const above = at.bottom + high + 8 > innerHeight && at.top > high;
  const start = menu.classList.contains("rxpick") || menu.classList.contains("up");
  let left = start === rtl ? at.right - wide : at.left;
  left = Math.min(Math.max(8, left), innerWidth - wide - 8);
  // Scripts may set style properties under our content policy; markup may not.
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${above ? at.top - high - 4 : at.bottom + 4}px`);
}

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches("[popover][data-menu]")) return;
    const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    const open = event.newState === "open";
    button?.setAttribute("aria-expanded", String(open));
    if (!open) return;
    if (button && !CSS.supports("position-area", "block-end")) place(menu, button);
    if (button?.matches(":focus-visible")) rows(menu)[0]?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[popover][data-menu]");
  if (!menu) return;
  const all = rows(menu);
  const here = all.indexOf(event.target);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  all.at(next % all.length)?.focus();
});

// A row has been chosen: the menu has done its work. Escape and clicks beside it are the browser's.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[popover][data-menu] :is(a, button)");
  if (row && !row.hasAttribute("data-stay")) row.closest("[popover]").hidePopover();
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    event.preventDefault();
    navigator.clipboard?.writeText(new URL(copy.dataset.copy || copy.href, location.href).href).then(() =>
      document.dispatchEvent(new CustomEvent("copied")),
    );
  }
});
