// The form for a comment or an answer: keeps a draft, takes a picture, sends without leaving the page.
import { bringDraft, dropDraft, keepDraft } from "./drafts.js";
import { introduce, postFragment } from "./fragment.js";
import { t } from "./strings.js";
import { complain, toast } from "./toast.js";
import { Uploader } from "./uploader.js";
import { uuid } from "./uuid.js";

const typing = matchMedia("(pointer: fine)");
const uploaders = new WeakMap();

function begin(form) {
  if (uploaders.has(form)) return;
  form.querySelectorAll("[data-needs-script]").forEach((node) => (node.hidden = false));
  const template = document.querySelector("[data-comment-pick-template]");
  uploaders.set(form, new Uploader(form, { template, purpose: "comment", limit: 1, changed: () => {} }));
  bringDraft(form);
}

function beginAll(root) {
  const forms = root.matches?.("[data-comment-form]") ? [root] : root.querySelectorAll("[data-comment-form]");
  forms.forEach(begin);
}

async function send(form) {
  const area = form.elements.text;
  const uploader = uploaders.get(form);
  if ((!area.value.trim() && !form.querySelector(".pick")) || form.getAttribute("aria-busy")) return;
  form.dataset.clientId ||= uuid();
  form.setAttribute("aria-busy", "true");
  area.readOnly = true;
  try {
    if (uploader.busy) toast(t("uploads_wait_comment"));
    if (!(await uploader.settled())) throw new Error(t("uploads_failed"));
    const body = new FormData(form);
    body.set("client_id", form.dataset.clientId);
    const [node] = await postFragment(form.action, body);
    if (!node?.matches("[data-comment], [data-thread]")) throw new Error(t("failed")); // something between us and the site answered
    delete form.dataset.clientId;
    dropDraft(form);
    area.value = "";
    uploader.clear();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    form.dispatchEvent(new CustomEvent("commented", { bubbles: true, detail: { node } }));
  } catch (error) {
    complain(error); // what was written stays
  } finally {
    form.removeAttribute("aria-busy");
    area.readOnly = false;
    if (form.isConnected) area.focus({ preventScroll: true });
  }
}

/** A form for an answer to one comment, at the end of its thread; the same one again if it is there. */
export function answerForm(thread, id, name) {
  const there = thread.querySelector(`:scope > [data-comment-form]`);
  if (there) there.remove();
  const form = thread.closest("[data-comments]").querySelector(":scope > [data-comment-form]")?.cloneNode(true);
  if (!form) return null;
  form.removeAttribute("id");
  form.removeAttribute("data-client-id");
  form.querySelector("[data-picks]").replaceChildren();
  form.elements.parent.value = id;
  form.elements.text.value = "";
  form.elements.text.placeholder = t("answer_to", { name });
  form.elements.text.setAttribute("aria-label", t("answer_to", { name }));
  thread.append(form);
  introduce(form);
  return form;
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest?.("[data-comment-form]");
    if (!form) return;
    event.preventDefault();
    send(form);
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !typing.matches) return;
  const form = event.target.closest?.("[data-comment-form] textarea")?.form;
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-comment-form] textarea")?.form;
  if (form) keepDraft(form);
});

beginAll(document);
document.addEventListener("inserted", (event) => beginAll(event.target));
