// The composer: keeps a draft, waits for its pictures, posts without leaving the page, chooses when a post appears.
import { ComposerDraft } from "./composer-draft.js";
import { introduce, postFragment } from "./fragment.js";
import { t } from "./strings.js";
import { complain, toast } from "./toast.js";
import { Uploader } from "./uploader.js";
import { uuid } from "./uuid.js";

const NEAR = 500; // characters left when the counter appears
const FOLDS = 400;
const two = (number) => String(number).padStart(2, "0");

/** Times in the reader's own zone, in words and in the field. */
function zone(form) {
  const { publish_at: field, zone: name } = form.elements;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field || !here) return;
  if ("utc" in field.dataset && field.value) {
    const at = new Date(`${field.value}Z`);
    field.value = field.defaultValue = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
  } else if (field.value && name.value !== here) return; // refused, as it was sent
  name.value = name.defaultValue = here;
  form.querySelector("#composer-zone").textContent = t("your_zone", { zone: here.replaceAll("_", " ") });
}

function begin(form) {
  const { text, client_id: clientId, revision } = form.elements;
  const status = form.querySelector("[data-composer-status]");
  const button = form.querySelector("[data-post]");
  const schedule = form.querySelector('[value="schedule"]');
  const counter = document.createElement("span");
  counter.className = "counter";
  const limit = Number(t("text_limit")) || text.maxLength;
  // Pasting more must not cut off the end in silence: the counter turns red, and the site says why it refuses.
  text.removeAttribute("maxlength");
  form.querySelectorAll("[data-needs-script]").forEach((node) => (node.hidden = false));
  zone(form);

  let draft = null;
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
    draft?.touch();
  };
  const uploader = new Uploader(form, { changed: () => show() });
  if (form.classList.contains("open")) form.classList.add("stay");
  draft = new ComposerDraft(form, uploader);
  uploader.moved();
  form.addEventListener("input", show);
  // On a phone it folds when one goes elsewhere: after what one pressed there, which would move away beneath the finger.
  form.addEventListener("focusin", () => form.classList.add("held"));
  form.addEventListener("focusout", () => setTimeout(() => form.matches(":focus-within") || form.classList.remove("held"), FOLDS));

  async function arrived() {
    if (uploader.busy) say(t("uploads_wait"));
    const all = await uploader.settled();
    say("");
    if (!all) throw new Error(t("uploads_failed"));
    await draft.rest();
    clientId.value ||= uuid();
  }

  function clear() {
    form.reset();
    form.classList.remove("stay");
    text.value = text.defaultValue = clientId.value = revision.value = "";
    uploader.clear();
    draft.forget();
    show();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function send() {
    const body = new FormData(form);
    body.set("do", "post");
    const [card] = await postFragment(form.action, body);
    if (!card?.matches("[data-post]")) throw new Error(t("failed")); // something between us and the site answered
    clear();
    const feed = document.querySelector("[data-feed][data-live]");
    if (!feed) {
      say(t("posted"));
      return location.assign(`/posts/${card.dataset.post}/`);
    }
    feed.querySelector("[data-empty]")?.remove();
    if (!document.getElementById(card.id)) {
      feed.prepend(card);
      introduce(card);
    }
    return toast(t("posted"));
  }

  form.addEventListener("submit", async (event) => {
    // By key no button is pressed: who has filled in a time does not mean now.
    const pressed = event.submitter?.name ? event.submitter : form.elements.publish_at.value ? schedule : button;
    if (form.dataset.goes) return; // as a plain form: it leads to another page
    event.preventDefault();
    if (form.getAttribute("aria-busy")) return;
    for (const node of [form, button]) node.setAttribute("aria-busy", "true");
    try {
      await arrived();
      if (pressed === button) await send();
      else {
        draft.forget();
        form.dataset.goes = "1";
      }
    } catch (error) {
      complain(error); // words and pictures stay as they are
      if (error.field === "text") text.focus();
    } finally {
      for (const node of [form, button]) node.removeAttribute("aria-busy");
    }
    if (form.dataset.goes) setTimeout(() => form.requestSubmit(pressed)); // not while this event is still under way
  });
  addEventListener("pageshow", () => delete form.dataset.goes);
  // Enter in a small field would press the first button there is, and post what is half written.
  form.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key !== "Enter" || event.isComposing || !target.matches("input:not([type=file])")) return;
    event.preventDefault();
    if (target.name === "publish_at") form.requestSubmit(schedule);
  });
}

document.querySelectorAll("[data-composer]").forEach(begin);
