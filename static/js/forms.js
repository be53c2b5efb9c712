// Small things of forms: show a password, grow a text field, send with Ctrl+Enter, no double sending, focus what is wrong.
import { t } from "./strings.js";
import { toast } from "./toast.js";

const GROWS = CSS.supports("field-sizing", "content");

function grow(area) {
  if (GROWS) return;
  area.style.setProperty("height", "auto");
  area.style.setProperty("height", `${area.scrollHeight + 2}px`);
}

function prepare(root) {
  for (const button of root.querySelectorAll("[data-reveal][hidden]")) button.hidden = false;
  if (!GROWS) root.querySelectorAll("textarea").forEach(grow);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const show = input.type === "password";
  input.type = show ? "text" : "password";
  button.setAttribute("aria-pressed", String(show));
  button.setAttribute("aria-label", t(show ? "hide_password" : "show_password"));
  input.focus();
});

document.addEventListener("input", ({ target }) => target instanceof HTMLTextAreaElement && grow(target));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  if (event.target instanceof HTMLTextAreaElement) event.target.form?.requestSubmit();
});

// A plain form leaves the page: its button waits, and comes back when one returns.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get" || form.method === "dialog") return;
  if (form.matches("[hx-post], [data-hx-post]")) return;
  if (form.getAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => document.querySelectorAll("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

document.addEventListener("copied", () => toast(t("copied")));
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
prepare(document);
document.querySelector(":is([data-focus], .inp[aria-invalid='true']):not([data-calm] *)")?.focus();
