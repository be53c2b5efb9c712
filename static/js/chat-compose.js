// The line one writes into: Enter sends, Shift+Enter breaks the line, what is begun survives a reload.
import * as outbox from "./chat-outbox.js";
import { socket } from "./socket.js";

const TYPING_EVERY = 2500;

export function compose(form, thread) {
  const area = form.elements.text;
  const draft = `draft:${document.body.dataset.me}:${location.pathname}`;
  let saidAt = 0;

  // On a phone's keyboard Enter breaks the line, as everywhere there.
  const keyboard = matchMedia("(hover: hover), (pointer: fine)");
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !keyboard.matches) return;
    event.preventDefault();
    form.requestSubmit();
  });

  if (!area.value) area.value = sessionStorage.getItem(draft) ?? "";
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.addEventListener("input", () => {
    sessionStorage.setItem(draft, area.value);
    if (!thread || !area.value.trim() || Date.now() - saidAt < TYPING_EVERY) return;
    saidAt = Date.now();
    socket.say("chat.typing", { conversation: thread.id });
  });

  form.addEventListener("submit", (event) => {
    const text = area.value.trim();
    if (!thread || !text) {
      if (text) sessionStorage.removeItem(draft);
      else event.preventDefault();
      return; // the first message of all goes as a plain form
    }
    event.preventDefault();
    thread.showPending(outbox.add(thread.id, text));
    area.value = "";
    saidAt = 0;
    sessionStorage.removeItem(draft);
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
  if (keyboard.matches) area.focus({ preventScroll: true });
}
