// What stands in the composer is saved while one types: at the site, so that it is there on every device. Until the site
// has answered a copy of the words stays in this browser; whichever of the two is newer stands, and the other is kept.
import { HttpError, post } from "./http.js";
import { t } from "./strings.js";
import { toast } from "./toast.js";
import { uuid } from "./uuid.js";

const PAUSE = 1200; // of typing
const AGAIN = 10000; // when the site does not answer
const KEY = `draft:post:${document.body.dataset.me}`;
const UNSAID = new Set(["csrfmiddlewaretoken", "client_id", "revision", "publish_at", "zone"]);
const SAYS = new Set(["text", "poll", "warning", "comments_off"]);
const PICTURED = new Set(["pictures", "alts"]); // their files are at the site, or nowhere

export class ComposerDraft {
  #saved = "";
  #timer = 0;
  #sending = null;

  constructor(form, uploader) {
    const { text, client_id: id, revision } = form.elements;
    Object.assign(this, { form, uploader, text, id, revision, url: form.dataset.drafts });
    this.kept = "kept" in form.dataset; // opened from the list: it is no copy of the composer's
    this.status = form.querySelector("[data-draft-status]");
    this.#saved = this.#content();
    if (!this.url) return;
    if (!this.kept) this.#restore();
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.#leave());
  }

  #content() {
    const said = [...new FormData(this.form)].filter(([name]) => !UNSAID.has(name));
    return JSON.stringify(said.map(([name, value]) => [name, String(value)]));
  }

  get #empty() {
    return !this.text.value.trim() && !this.uploader.count;
  }

  /** Something may have changed. */
  touch() {
    const content = this.#content();
    if (!this.url || content === this.#saved) return;
    this.id.value ||= uuid();
    this.#say(""); // what stood there was said of less
    if (!this.kept) {
      const copy = { id: this.id.value, revision: Number(this.revision.value) || 0, pairs: JSON.parse(content) };
      localStorage.setItem(KEY, JSON.stringify(copy));
    }
    this.#soon(PAUSE);
  }

  #soon(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), pause);
  }

  #leave() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#save({ keepalive: true });
  }

  async #save(options) {
    this.#timer = 0;
    if (this.#sending) return this.#soon(PAUSE);
    const content = this.#content();
    if (content === this.#saved || (this.kept && this.#empty)) return;
    this.uploader.hold(); // what is on its way to the site may be held there before it says so
    this.#sending = post(this.url, new URLSearchParams(new FormData(this.form)), options);
    try {
      const answer = await this.#sending;
      this.#sending = null;
      this.#answered(answer, content);
    } catch (error) {
      this.#sending = null;
      this.#refused(error);
    }
  }

  #answered({ revision }, content) {
    this.#saved = content;
    this.revision.value = revision || "";
    if (!revision) this.id.value = ""; // nothing stands there any more
    this.uploader.hold();
    this.#say(revision ? t("draft_saved") : "");
    if (this.#content() === content) localStorage.removeItem(KEY);
    else this.touch();
  }

  #refused(error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.status === 409 && error.field !== "drafts") {
      // Another device was faster. What stands here becomes a draft of its own, and theirs stays.
      this.id.value = uuid();
      this.revision.value = "";
      this.#soon(PAUSE);
    } else if (error.status === 0 || error.status === 429 || error.status >= 500) {
      this.#say(t("draft_here"));
      this.#soon(AGAIN);
    } else this.#say(error.message);
  }

  #say(words) {
    if (!this.status) return;
    this.status.textContent = words;
    this.status.classList.toggle("calm", words === t("draft_saved"));
  }

  #restore() {
    const local = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (!local?.pairs) return;
    const [id, revision] = [this.id.value, Number(this.revision.value) || 0];
    const said = local.pairs.some(([name, value]) => SAYS.has(name) && value.trim());
    if (!said || JSON.stringify(local.pairs) === this.#saved) localStorage.removeItem(KEY);
    else if (local.revision === revision && (local.id === id || (!id && !this.text.value))) {
      this.#put(local.pairs);
      this.id.value = local.id;
      this.#soon(PAUSE);
    } else this.#keepApart(local);
  }

  /** Fields of one name have their values in order; what is filled in is unfolded. */
  #put(pairs) {
    for (const field of this.form.elements) {
      const { name, type } = field;
      if (UNSAID.has(name) || PICTURED.has(name) || !/^(text|select-one|checkbox)/.test(type)) continue;
      const at = pairs.findIndex(([one]) => one === name);
      const [[, value] = []] = at < 0 ? [] : pairs.splice(at, 1);
      if (type === "checkbox") field.checked = value !== undefined;
      else field.value = value ?? "";
      if (!value || !field.matches("input")) continue;
      field.closest("details")?.setAttribute("open", "");
      field.closest("[data-choice-row]")?.removeAttribute("data-spare");
    }
  }

  /** The site's is another one by now. */
  async #keepApart(local) {
    const copy = { ...local, id: local.revision ? uuid() : local.id, revision: 0 };
    localStorage.setItem(KEY, JSON.stringify(copy)); // should the answer be lost: the same one again
    try {
      const said = copy.pairs.filter(([name]) => !PICTURED.has(name));
      await post(this.form.action, new URLSearchParams([...said, ["client_id", copy.id], ["do", "keep"]]));
      localStorage.removeItem(KEY);
      toast(t("draft_apart"));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error; // another time
    }
  }

  /** Nothing is saved any more until something changes; call before and after sending the form. */
  async rest() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    await this.#sending?.catch(() => {});
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** It has become a post, or went elsewhere with all that it held. */
  forget() {
    localStorage.removeItem(KEY);
    this.#saved = this.#content();
    this.#say("");
  }
}
