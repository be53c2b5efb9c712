// Files that go with a message: chosen, pasted, or dropped anywhere on the conversation; each on its way at once.
import { request } from "./http.js";
import { t } from "./strings.js";
import { complain, toast } from "./toast.js";
import { Uploader } from "./uploader.js";

/** What hangs on the line one writes into; null where nothing can. */
export function attach(form) {
  if (!form.querySelector("[data-files]")) return null;
  form.querySelectorAll("[data-picks] > .kept").forEach((node) => node.remove()); // of a form sent without script
  const uploader = new Uploader(form, { purpose: "message", limit: 10, changed: () => {} });
  const pane = form.closest(".talk");
  const url = form.dataset.uploads;
  let waits = false;
  let described = Promise.resolve(); // what was said about pictures stands on them
  form.addEventListener("described", ({ detail: { key, alt } }) => {
    described = Promise.all([described, request(`${url}/${key}`, { method: "PATCH", body: { alt } }).catch(complain)]);
  });

  pane.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    pane.classList.add("is-over");
  });
  pane.addEventListener("dragleave", (event) => {
    if (!pane.contains(event.relatedTarget)) pane.classList.remove("is-over");
  });
  pane.addEventListener("drop", (event) => {
    pane.classList.remove("is-over");
    if (event.defaultPrevented || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    uploader.add(event.dataTransfer.files);
    form.elements.text.focus();
  });

  return {
    get count() {
      return uploader.count;
    },
    clear: () => uploader.clear(),
    /** Keys of all, once they are there; null when one has failed, or somebody waits already. */
    async arrived() {
      if (waits) return null;
      waits = true;
      form.setAttribute("aria-busy", "true");
      const whole = await uploader.settled();
      await described;
      form.removeAttribute("aria-busy");
      waits = false;
      if (!whole) toast({ text: t("uploads_failed"), kind: "error" });
      return whole ? new FormData(form).getAll("uploads") : null;
    },
  };
}
