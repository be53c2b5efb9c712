// Toasts: say what happened, offer the way back. Also from the server: HX-Trigger: {"toast": {"text": "...", "undo": "/url"}}.
import { post } from "./http.js";
import { t } from "./strings.js";

const LIFE = 6000;
const LIFE_WITH_ACTION = 10000;

/** toast("Saved") or toast({text, kind: "error", action: {label, run | href}, life}); returns a function that takes it away. */
export function toast(given) {
  const { text, kind = "", action, life } = typeof given === "string" ? { text: given } : given;
  const region = document.querySelector(`[data-toasts="${kind === "error" ? "assertive" : "polite"}"]`);
  if (!region || !text) return () => {};
  const node = document.createElement("div");
  node.className = `toast ${kind}`.trim();
  const words = document.createElement("span");
  words.dir = "auto";
  words.textContent = text;
  node.append(words);
  let timer;
  const leave = () => {
    clearTimeout(timer);
    node.classList.add("leaving");
    setTimeout(() => node.remove(), 240);
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(leave, life ?? (action ? LIFE_WITH_ACTION : LIFE));
  };
  if (action) {
    const button = document.createElement(action.href ? "a" : "button");
    button.textContent = action.label;
    if (action.href) button.href = action.href;
    else {
      button.type = "button";
      button.addEventListener("click", () => {
        leave();
        action.run?.();
      });
    }
    node.append(button);
  }
  // Whoever reads or aims at it has all the time there is.
  node.addEventListener("pointerenter", () => clearTimeout(timer));
  node.addEventListener("pointerleave", wait);
  node.addEventListener("focusin", () => clearTimeout(timer));
  node.addEventListener("focusout", wait);
  while (region.children.length > 2) region.firstElementChild.remove();
  region.append(node);
  if (life !== 0) wait();
  return leave;
}

/** Says what went wrong; whoever has to log in first gets the way there, and comes back to this page. */
export function complain(error) {
  const { login, loginLabel: label } = document.querySelector(".toasts")?.dataset ?? {};
  const here = encodeURIComponent(location.pathname + location.search);
  const action = error?.status === 401 && login ? { label, href: `${login}?next=${here}` } : undefined;
  return toast({ text: error?.message ?? t("failed"), kind: "error", action });
}

/** Do it at once on the page, tell the server, and take it back when the server refuses. */
export async function optimistic(apply, send, revert) {
  apply();
  try {
    return await send();
  } catch (error) {
    revert();
    complain(error);
    return undefined;
  }
}

/** "Post deleted [Undo]": the deed is done; `run` brings it back. */
export const offerUndo = (text, run) => toast({ text, action: { label: t("undo"), run } });

document.addEventListener("toast", (event) => {
  const { value, ...detail } = event.detail ?? {};
  const { text = value, kind, undo } = detail;
  if (!undo) return toast({ text, kind });
  return offerUndo(text, () => post(undo).then(() => location.reload()).catch(complain));
});
