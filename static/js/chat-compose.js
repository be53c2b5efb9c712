// The line one writes into: Enter sends, Shift+Enter breaks the line, what is begun survives a reload.
import * as outbox from "./chat-outbox.js";
import { socket } from "./socket.js";

const TYPING_EVERY = 2500;

const DRAFT_REST = 1200; // ms without a key, then one's other devices have it too

export function compose(form, thread, attached) {
  const area = form.elements.text;
  const draft = `draft:${document.body.dataset.me}:${location.pathname}`;
  const answer = answering(form);
  let saidAt = 0;
  let kept = area.defaultValue; // what the site has of it
  let timer = 0;

  const keep = () => {
    clearTimeout(timer);
    if (!thread || area.value === kept || !socket.isOpen) return;
    kept = area.value;
    socket.say("chat.draft", { conversation: thread.id, text: kept });
  };
  const sent = () => {
    area.value = "";
    saidAt = 0;
    sessionStorage.removeItem(draft);
    answer.end();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    keep();
    area.focus();
  };
  socket.onOpen(keep); // what changed while there was no line
  // Begun on another device: it stands here, too, unless something else is being written here.
  document.addEventListener("chat-draft", ({ detail }) => {
    if (area.value !== kept) return;
    kept = area.value = detail;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });

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
    clearTimeout(timer);
    timer = setTimeout(keep, DRAFT_REST);
    if (!thread || !area.value.trim() || Date.now() - saidAt < TYPING_EVERY) return;
    saidAt = Date.now();
    socket.say("chat.typing", { conversation: thread.id });
  });

  form.addEventListener("submit", async (event) => {
    if (!thread) {
      // The first message of all goes as a plain form, once what it carries has arrived.
      if (attached?.count) {
        event.preventDefault();
        if (!(await attached.arrived())) return;
        form.submit();
      } else if (!area.value.trim()) event.preventDefault();
      if (area.value.trim()) sessionStorage.removeItem(draft);
      return;
    }
    event.preventDefault();
    const files = attached?.count ? await attached.arrived() : [];
    const text = area.value.trim(); // what was written while files were on their way goes along
    if (!files || !(text || files.length)) return;
    outbox.add(thread.id, text, { reply: answer.seq, files }).then((item) => thread.showPending(item));
    attached?.clear();
    sent();
  });
  form.addEventListener("chat-sticker", ({ detail: sticker }) => {
    outbox.add(thread.id, "", { reply: answer.seq, sticker }).then((item) => thread.showPending(item));
    answer.end();
    if (keyboard.matches) area.focus();
  });
  if (keyboard.matches) area.focus({ preventScroll: true });
  return answer;
}

/** What is being answered stands above the line, until it is sent or called off. */
function answering(form) {
  const strip = form.querySelector("[data-replying]");
  const field = form.elements.reply;
  const state = {
    get seq() {
      return Number(field?.value) || null;
    },
    end() {
      if (!strip) return;
      strip.hidden = true;
      field.value = "";
    },
  };
  if (!strip) return state;
  strip.querySelector("[data-reply-off]").addEventListener("click", (event) => {
    event.preventDefault();
    state.end();
    form.elements.text.focus();
  });
  document.addEventListener("chat-reply", ({ detail: { seq, words } }) => {
    field.value = seq;
    strip.querySelector("[data-reply-words]").textContent = words.trim();
    strip.hidden = false;
    form.elements.text.focus();
  });
  return state;
}
