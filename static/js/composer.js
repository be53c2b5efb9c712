// The composer: keeps a draft, waits for its pictures, posts without leaving the page.
import { introduce, postFragment } from "./fragment.js";
import { t } from "./strings.js";
import { complain, toast } from "./toast.js";
import { Uploader } from "./uploader.js";
import { uuid } from "./uuid.js";

const DRAFT = `draft:post:${document.body.dataset.me}`;
const NEAR = 500; // characters left when the counter appears

function begin(form) {
  const { text, audience, client_id: clientId } = form.elements;
  const status = form.querySelector("[data-composer-status]");
  const button = form.querySelector(".tools .btn");
  const counter = document.createElement("span");
  counter.className = "counter";
  const limit = Number(t("text_limit")) || text.maxLength;
  // Pasting more must not cut off the end in silence: the counter turns red, and the site says why it refuses.
  text.removeAttribute("maxlength");
  form.querySelectorAll("[data-needs-script]").forEach((node) => (node.hidden = false));

  const say = (words) => {
    status.textContent = words;
    status.hidden = !words;
  };
  const show = () => {
    const left = limit - [...text.value].length;
    counter.textContent = left;
    if (left > NEAR) counter.remove();
    else if (!counter.isConnected) button.before(counter);
    counter.classList.toggle("bad", left < 0);
    form.classList.toggle("open", Boolean(text.value || uploader.count) || form.classList.contains("stay"));
  };
  const keep = () => {
    if (!text.value) sessionStorage.removeItem(DRAFT);
    else sessionStorage.setItem(DRAFT, JSON.stringify({ text: text.value, audience: audience.value, id: clientId.value }));
  };
  const uploader = new Uploader(form, { changed: show });
  if (form.classList.contains("open")) form.classList.add("stay");

  const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
  if (draft && !text.value) {
    text.value = draft.text;
    audience.value = draft.audience;
    clientId.value = draft.id;
  }
  show();

  form.addEventListener("input", () => {
    clientId.value ||= uuid();
    show();
    keep();
  });

  async function send() {
    clientId.value ||= uuid();
    if (uploader.busy) say(t("uploads_wait"));
    const arrived = await uploader.settled();
    say("");
    if (!arrived) throw new Error(t("uploads_failed"));
    const [card] = await postFragment(form.action, new FormData(form));
    if (!card?.matches("[data-post]")) throw new Error(t("failed")); // something between us and the site answered
    form.reset();
    text.value = clientId.value = "";
    uploader.clear();
    keep();
    show();
    text.dispatchEvent(new Event("input", { bubbles: true }));
    clientId.value = "";
    const feed = document.querySelector("[data-feed][data-live]");
    if (!feed) return location.assign("/");
    feed.querySelector("[data-empty]")?.remove();
    if (!document.getElementById(card.id)) {
      feed.prepend(card);
      introduce(card);
    }
    return toast(t("posted"));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy")) return;
    for (const node of [form, button]) node.setAttribute("aria-busy", "true");
    try {
      await send();
    } catch (error) {
      complain(error); // words and pictures stay as they are
      if (error.field === "text") text.focus();
    } finally {
      for (const node of [form, button]) node.removeAttribute("aria-busy");
    }
  });
}

document.querySelectorAll("[data-composer]").forEach(begin);
