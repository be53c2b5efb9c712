// Changing a post: its pictures are added, cut, described and put in order as in the composer.
import { bringDraft, dropDraft, keepDraft } from "./drafts.js";
import { t } from "./strings.js";
import { complain, toast } from "./toast.js";
import { Uploader } from "./uploader.js";

for (const form of document.querySelectorAll("[data-edit-post]")) {
  form.querySelectorAll("[data-needs-script]").forEach((node) => (node.hidden = false));
  const uploader = new Uploader(form, { changed: () => {} });
  uploader.moved();
  const area = form.elements.text;
  const back = () => {
    area.value = area.defaultValue;
    dropDraft(form);
  };
  if (bringDraft(form)) toast({ text: t("draft_back"), action: { label: t("undo"), run: back } });
  area.addEventListener("input", () => keepDraft(form));
  form.querySelector("[data-drop-draft]").addEventListener("click", () => dropDraft(form));
  form.addEventListener("submit", async (event) => {
    if (!uploader.busy && uploader.whole) return dropDraft(form);
    event.preventDefault();
    try {
      if (!(await uploader.settled())) throw new Error(t("uploads_failed"));
      setTimeout(() => form.requestSubmit()); // not while this event is still under way
    } catch (error) {
      complain(error);
    }
    return undefined;
  });
}
