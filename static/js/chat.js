// The chat's pages: the list, the open conversation and its composer, each by its own module.
import "./chat-inbox.js";
import "./chat-message.js";
import "./chat-shots.js";
import "./chat-unsent.js";
import "./film.js";
import { Thread } from "./chat-thread.js";
import { compose } from "./chat-compose.js";
import { attach } from "./chat-attach.js";
import { marks } from "./chat-marks.js";
import { recorder } from "./chat-voice.js";
import { watchSight } from "./chat-sight.js";

const box = document.querySelector("[data-thread]");
const form = document.querySelector("[data-compose]");
const thread = box && new Thread(box);
if (thread) marks(thread);
if (thread) watchSight(thread);
const answer = form && compose(form, thread, attach(form));
if (form && thread) recorder(form, thread, answer);

const opener = form?.querySelector("[data-picker]");
if (opener) {
  opener.hidden = false;
  opener.setAttribute("role", "button");
  opener.setAttribute("aria-haspopup", "dialog");
  opener.setAttribute("aria-expanded", "false");
  const press = async (event) => {
    event.preventDefault();
    (await import("./chat-picker.js")).toggle(opener, form, thread);
  };
  opener.addEventListener("click", press);
  opener.addEventListener("keydown", (event) => event.key === " " && press(event));
}
