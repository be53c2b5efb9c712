// Pictures for a post, or a video or a sound: chosen, pasted or dropped; each with its bar, cancel, retry, a
// description, its place and its piece.
import { isFilm, refusal, retryThere, showProgress } from "./film-picks.js";
import { HttpError, del, explain, get, post } from "./http.js";
import { Slot } from "./slot.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";
import { toast } from "./toast.js";

const POLL = 1500;
const ON_ITS_WAY = new Set(["incomplete", "lost", "wrong_size"]); // what went wrong with it is not the file itself
const mayPass = ({ status }) => ![404, 409, 413, 415, 422].includes(status);
/** Keys that a draft or a post holds: they are its to give up. */
export const held = new Set();

class Pick {
  /** `file` is to be sent; `there` is { key, alt, src } of a picture that the site has already. */
  constructor(file, template, url, purpose, changed, there) {
    Object.assign(this, { file, url, purpose, changed, key: "", src: "", state: "sending", alt: "" });
    this.node = template.content.firstElementChild.cloneNode(true);
    const [pictures, alts] = this.node.querySelectorAll('input[type="hidden"]');
    Object.assign(this, { pictures, alts, bar: this.node.querySelector("progress") });
    this.image = this.node.querySelector("img");
    this.blank = this.image.getAttribute("src");
    this.bar.setAttribute("aria-label", `${t("uploading")}: ${file?.name ?? ""}`);
    this.node.querySelector("[data-pick-crop]")?.addEventListener("click", () => this.crop());
    this.node.querySelector("[data-pick-remove]").addEventListener("click", () => this.remove());
    this.node.querySelector("[data-pick-retry]").addEventListener("click", () => this.again());
    this.node.querySelector("[data-pick-alt]")?.addEventListener("click", () => this.describe());
    this.node.querySelector("[data-pick-name]")?.append(file?.name ?? "");
    if (there) this.#stands(there);
    else this.#comes();
  }

  #stands({ key, alt, src, film }) {
    this.key = key;
    this.film = film;
    held.add(key);
    if (film) this.image.src = src || this.image.src;
    else this.#known(src);
    this.#say(alt);
    this.#set("ready");
  }

  get isFilm() {
    return this.film ?? isFilm(this.file);
  }

  #comes() {
    if (/^(application|text|audio)\//.test(this.file.type)) return this.send(); // nothing to be seen
    const preview = URL.createObjectURL(this.file);
    // Not every browser can show every picture we take (HEIC): the site's copy can be seen, once it is there.
    this.image.addEventListener("error", () => (this.image.src = this.src || this.blank), { once: true });
    this.image.addEventListener("load", () => URL.revokeObjectURL(preview), { once: true });
    this.image.src = preview;
    return this.send();
  }

  #known(src) {
    this.src = src;
    if (src && (!this.file || this.image.getAttribute("src") === this.blank)) this.image.src = src;
    const crop = this.node.querySelector("[data-pick-crop]");
    if (crop) crop.hidden = !src;
  }

  /** `again`: sending it once more may help. */
  #set(state, error = "", again = true) {
    this.state = state;
    const failed = state === "failed";
    this.node.classList.toggle("failed", failed);
    this.node.querySelector("[data-pick-retry]").hidden = !failed || !again;
    const words = this.node.querySelector("[data-pick-alt]");
    if (words) words.hidden = state !== "ready";
    this.node.querySelector("[data-pick-error]").textContent = error;
    this.bar.hidden = failed || state === "ready";
    this.pictures.disabled = this.alts.disabled = state !== "ready";
    this.pictures.value = this.key;
    if (failed && error) toast({ text: `${this.file.name}: ${error}`, kind: "error" });
    this.changed();
  }

  async send() {
    this.key = "";
    this.bar.value = 0;
    this.#set("sending");
    const { url, file, purpose } = this;
    this.slot ??= new Slot(url, file, { purpose, progress: (percent) => (this.bar.value = percent) });
    try {
      this.#arrived(await this.slot.run());
    } catch (error) {
      if (this.state === "sending") this.#set("failed", error.message || explain(0), mayPass(error));
    }
  }

  #arrived(answer) {
    if (this.state !== "sending") return;
    this.key = answer.key;
    this.bar.removeAttribute("value"); // how long preparing takes nobody knows
    this.bar.setAttribute("aria-label", `${t("preparing")}: ${this.file.name}`);
    this.#set("preparing");
    this.hear(answer);
    this.poll();
  }

  /** What the server says of this upload, by the socket or by asking. */
  hear(answer) {
    if (answer.key !== this.key || this.state !== "preparing") return;
    showProgress(this.bar, answer);
    if (answer.state === "ready") this.#ready(answer);
    if (answer.state !== "failed") return;
    this.failure = answer;
    if (answer.reason !== "incomplete") this.slot = null; // nothing of it is worth going on with
    this.#set("failed", answer.detail, answer.can_retry || ON_ITS_WAY.has(answer.reason));
  }

  #ready({ medium, url }) {
    this.slot = null;
    if (medium === "picture") this.#known(url);
    else if (medium === "video") this.image.src = url; // its poster
    if (medium !== "picture") this.node.querySelector('[data-pick-alt="picture"]')?.remove();
    this.#set("ready");
  }

  /** What has arrived is not sent twice, where the site may try again with it. */
  async again() {
    try {
      const answer = await retryThere(this.url, this.failure);
      this.failure = null;
      if (!answer) return this.send();
      this.#set("sending");
      this.#arrived(answer);
    } catch (error) {
      this.#set("failed", error.message, mayPass(error));
    }
  }

  async poll() {
    const { key } = this;
    while (this.state === "preparing" && this.key === key) {
      await new Promise((resolve) => setTimeout(resolve, POLL));
      if (this.state !== "preparing" || this.key !== key) return;
      try {
        this.hear(await get(`${this.url}/${key}`));
      } catch (error) {
        if (error.status === 404) this.#set("failed", error.message);
      }
    }
  }

  remove() {
    if (!this.key) this.slot?.cancel();
    this.state = "removed";
    this.#giveUp(this.key);
    this.node.remove();
    this.changed();
  }

  #giveUp(key) {
    if (key && !held.has(key)) del(`${this.url}/${key}`).catch(() => {}); // unused ones go by themselves after a day
  }

  /** A piece of it in its place, as a picture of its own: what it was cut out of may be in use. */
  async crop() {
    const { choosePiece } = await import("./crop.js");
    try {
      const rectangle = await choosePiece(this.src);
      if (!rectangle) return;
      this.#set("preparing");
      this.bar.removeAttribute("value");
      const [left, top, width, height] = rectangle;
      const before = this.key;
      const answer = await post(`${this.url}/${before}/crop`, { left, top, width, height });
      const piece = await this.#whole(answer);
      this.file = null;
      this.key = piece.key;
      this.#known(piece.url);
      this.#giveUp(before);
    } catch (error) {
      toast({ text: error.message || t("failed"), kind: "error" });
    } finally {
      if (this.state === "preparing") this.#set("ready");
      this.node.querySelector("[data-pick-crop]").focus();
    }
  }

  /** The upload once it is ready: in a bucket somebody cuts it first. */
  async #whole(answer) {
    while (answer.state !== "ready") {
      if (answer.state === "failed") throw new HttpError(answer.detail);
      await new Promise((resolve) => setTimeout(resolve, POLL));
      answer = await get(`${this.url}/${answer.key}`);
    }
    return answer;
  }

  describe() {
    const template = document.querySelector("[data-alt-template]");
    if (!document.getElementById("alt-dialog")) document.body.append(template.content.cloneNode(true));
    const dialog = document.getElementById("alt-dialog");
    const area = dialog.querySelector("textarea");
    area.value = this.alt;
    // One dialog for all pictures: the last one asked about listens, and hears at once, not when the dialog has closed.
    dialog.querySelector("[data-alt-form]").onsubmit = ({ submitter }) => {
      if (submitter?.value !== "cancel") this.#described(area.value.trim());
    };
    dialog.showModal();
  }

  #described(alt) {
    this.#say(alt);
    this.node.dispatchEvent(new CustomEvent("described", { bubbles: true, detail: { key: this.key, alt } }));
    this.changed();
  }

  #say(alt) {
    this.alt = this.alts.value = this.image.alt = alt;
    const words = this.node.querySelector("[data-pick-alt]");
    if (words) words.firstChild.textContent = alt ? "ALT ✓" : "ALT";
  }
}

export class Uploader {
  #picks = [];
  #waiting = [];
  #ordered = false;

  constructor(form, { changed, purpose = "post", limit = Number(t("pictures_limit")) || 10, template = document.querySelector("[data-pick-template]") }) {
    Object.assign(this, { form, onChange: changed, purpose, limit, template });
    this.place = form.querySelector("[data-picks]");
    for (const node of this.place.querySelectorAll("[data-src]")) {
      const [key, alt] = [node.dataset.key, node.querySelector('[name="alts"]').value];
      this.#take(null, { key, alt, src: node.dataset.src, film: "film" in node.dataset }, node);
    }
    const input = form.querySelector("[data-files]");
    input.addEventListener("change", () => {
      this.add(input.files);
      input.value = "";
    });
    form.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
    form.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.add("is-over");
    });
    form.addEventListener("dragleave", (event) => {
      if (!form.contains(event.relatedTarget)) form.classList.remove("is-over");
    });
    form.addEventListener("drop", (event) => {
      form.classList.remove("is-over");
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
    const tell = (answer) => this.#picks.forEach((pick) => pick.hear(answer));
    socket.on("upload.progress", tell);
    for (const type of ["upload.ready", "upload.failed"]) {
      socket.on(type, ({ upload }) => tell(upload));
    }
  }

  get count() {
    return this.#picks.length;
  }

  add(files) {
    for (const file of files) {
      const no = "anything" in this.form.dataset ? "" : refusal(file, this.#picks, "films" in this.form.dataset);
      if (no) {
        toast({ text: `${file.name}: ${no}`, kind: "error" });
        continue;
      }
      if (this.#picks.length + this.place.querySelectorAll("[data-key]").length >= this.limit) {
        toast({ text: t(this.limit === 1 ? "one_picture" : "too_many_pictures"), kind: "error" });
        break;
      }
      this.#take(file);
    }
    this.#changed();
  }

  #take(file, there, node) {
    let known = false;
    const pick = new Pick(file, this.template, this.form.dataset.uploads, this.purpose, () => known && this.#changed(), there);
    known = true;
    this.#picks.push(pick);
    if (node) node.replaceWith(pick.node);
    else this.place.append(pick.node);
  }

  /** Loaded by who has pictures. */
  async #arrange() {
    const { order, show } = await import("./picks-order.js");
    if (!this.#ordered) order(this);
    this.#ordered = true;
    show(this.place);
  }

  /** Their order has changed. */
  moved() {
    this.#changed();
  }

  #changed() {
    this.#picks = this.#picks.filter((pick) => pick.state !== "removed");
    const busy = this.#picks.some((pick) => pick.state === "sending" || pick.state === "preparing");
    if (this.#picks.length) this.#arrange();
    if (!busy) this.#waiting.splice(0).forEach((resolve) => resolve());
    this.onChange();
  }

  get busy() {
    return this.#picks.some((pick) => pick.state === "sending" || pick.state === "preparing");
  }

  /** The keys of those that have arrived are held now, by a draft. */
  hold() {
    for (const pick of this.#picks) if (pick.state === "ready") held.add(pick.key);
  }

  /** None has failed, none is on its way. */
  get whole() {
    return this.#picks.every((pick) => pick.state === "ready");
  }

  /** True when all have arrived; false when one has failed and needs the person. */
  async settled() {
    if (this.busy) await new Promise((resolve) => this.#waiting.push(resolve));
    return this.whole;
  }

  clear() {
    this.#picks = [];
    this.place.replaceChildren();
    this.onChange();
  }
}
