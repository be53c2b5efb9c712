// Before one logs out: what is not sent yet. After: nothing of the account stays in this browser. Where browsers know it
// the header Clear-Site-Data has done that already.
import * as outbox from "./chat-outbox.js";
import { erase } from "./chat-store.js";
import { t } from "./strings.js";

const me = document.body.dataset.me;
const SENDING = 12000; // ms to wait for what is sent now

/** Whether to log out: nothing waits, or it was sent, or it may go. */
export async function offer() {
  const items = await outbox.waiting();
  const leaves = !items.length || (await dialog(items));
  if (leaves && me) localStorage.setItem("leaving", me);
  return leaves;
}

function element(name, values, ...inside) {
  const node = Object.assign(document.createElement(name), values);
  node.append(...inside);
  return node;
}

function dialog(items) {
  const heading = element("h2", { id: "unsent-title" });
  const list = element("ul", { className: "unsent" });
  const status = element("p", { className: "hint", role: "status" }, t("unsent_leave"));
  const stay = element("button", { type: "button", className: "btn ghost" }, t("unsent_stay"));
  const drop = element("button", { type: "button", className: "btn danger-soft" }, t("unsent_drop"));
  const send = element("button", { type: "button", className: "btn" }, t("unsent_send"));
  const box = element("dialog", { className: "dialog" }, heading, list, status, element("div", { className: "ends" }, drop, stay, send));
  box.setAttribute("aria-labelledby", heading.id);
  status.setAttribute("role", "status");
  show(items);
  document.body.append(box);
  box.showModal();
  send.focus();

  function show(left) {
    heading.textContent = left.length === 1 ? t("unsent_title_one") : t("unsent_title", { n: left.length });
    list.replaceChildren(...left.slice(0, 3).map((item) => element("li", { className: "clip", dir: "auto" }, item.text || t("unsent_other"))));
  }

  return new Promise((resolve) => {
    stay.addEventListener("click", () => box.close());
    drop.addEventListener("click", () => box.close("leave"));
    send.addEventListener("click", async () => {
      send.disabled = true;
      status.textContent = t("unsent_sending");
      const left = await sent(show);
      if (!left.length) return box.close("leave");
      show(left);
      status.textContent = left.find(({ reason }) => reason)?.reason || t("unsent_still");
      send.disabled = false;
      return undefined;
    });
    box.addEventListener("close", () => {
      resolve(box.returnValue === "leave");
      box.remove();
    });
  });
}

/** Sends all of it, also what was refused before; answers what is left when nothing more can be done now. */
async function sent(show) {
  const end = Date.now() + SENDING;
  for (const { client_id: id } of await outbox.waiting()) await outbox.retry(id);
  for (;;) {
    const left = await outbox.waiting();
    if (Date.now() > end || left.every(({ state }) => state === "failed")) return left;
    show(left);
    await new Promise((go) => setTimeout(go, 200));
  }
}

/** Takes away what this browser kept for an account that has logged out. */
export async function empty(account) {
  localStorage.clear();
  sessionStorage.clear();
  await erase(account).catch(() => {});
  for (const name of (await self.caches?.keys().catch(() => [])) ?? []) await caches.delete(name);
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => null);
  const subscription = await worker?.pushManager?.getSubscription().catch(() => null);
  await subscription?.unsubscribe().catch(() => {});
  await worker?.unregister(); // the next page brings it anew, with an empty shell
}
