// The chat's pages: the list, the open conversation and its composer, each by its own module.
import "./chat-inbox.js";
import "./chat-message.js";
import "./chat-outbox.js";
import { Thread } from "./chat-thread.js";
import { compose } from "./chat-compose.js";

const box = document.querySelector("[data-thread]");
const form = document.querySelector("[data-compose]");
const thread = box && new Thread(box);
if (form) compose(form, thread);
