// Changing a post: its pictures are added, cut, described and put in order as in the composer.
import { t } from "./strings.js";
import { complain } from "./toast.js";
import { Uploader } from "./uploader.js";

for (const form of document.querySelectorAll("[data-edit-post]")) {
  form.querySelectorAll("[data-needs-script]").forEach((node) => (node.hidden = false));
  const uploader = new Uploader(form, { changed: () => {} });
  uploader.moved();
  form.addEventListener("submit", async (event) => {
    if (!uploader.busy && uploader.whole) return;
    event.preventDefault();
    try {
      if (!(await uploader.settled())) throw new Error(t("uploads_failed"));
      setTimeout(() => form.requestSubmit()); // not while this event is still under way
    } catch (error) {
      complain(error);
    }
  });
}
