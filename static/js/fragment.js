// Pieces of pages: asked for as htmx asks, made into nodes, and made known to the rest of the page once they are in.
import { request } from "./http.js";
import { complain } from "./toast.js";

const AS_FRAGMENT = { "HX-Request": "true", Accept: "text/html" };

/** The nodes of a fragment's HTML. */
export function nodes(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
}

export const getFragment = async (url) => nodes(await request(url, { headers: AS_FRAGMENT }));

export const postFragment = async (url, body) =>
  nodes((await request(url, { method: "POST", body, headers: AS_FRAGMENT })) ?? "");

/** Call after putting a node into the page. */
export function introduce(node) {
  window.htmx?.process(node);
  node.dispatchEvent(new CustomEvent("inserted", { bubbles: true }));
}

/** A dialog of its own for what a page would show; the focus goes back to the link, or to the menu that held it. */
export function openDialog(link, made, title) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog report";
  dialog.setAttribute("aria-labelledby", title);
  dialog.append(...made);
  // Ways out are links on the page and close the dialog here.
  dialog.addEventListener("click", (event) => event.target.closest("a[data-close]") && event.preventDefault());
  dialog.addEventListener("close", () => {
    dialog.remove();
    const menu = link.closest("[popover]");
    (menu ? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`) : link)?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Links that lead to a page: what stands there is fetched, and `show(link, nodes)` puts it into this one. */
export function openHere(selector, show) {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.(selector);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      await show(link, await getFragment(link.href));
    } catch (error) {
      complain(error);
    }
  });
}
