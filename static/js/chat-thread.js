// One open conversation. Messages are applied in order of `rev`; a gap waits a moment for what is late, then asks.
import { say as write } from "./chat-text.js";
import { dress, face, notice, refresh } from "./chat-group.js";
import { load, stretch } from "./chat-history.js";
import { wasRead } from "./delivered.js";
import { arrange } from "./chat-lines.js";
import { changed, hold } from "./chat-marks.js";
import { say, tell } from "./chat-say.js";
import * as outbox from "./chat-outbox.js";
import { getFragment } from "./fragment.js";
import { HttpError } from "./http.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";

const GAP_WAIT = 200;
const LONG = 5000; // ms: what waits for longer may be taken back
const EACH = 3; // ms for each member: who are many do not all ask for a line in the same moment
const LONGEST_SPREAD = 1500;
const NEAR = 80; // px from the end that still count as being there

// A frame is the same for everybody: its sticker's name is to be had in other languages from the site.
const speaksEnglish = document.documentElement.lang.startsWith("en");
const isPlain = ({ kind = "text", text = " ", sticker, ...row }) =>
  kind === "text" &&
  !(row.reply || row.mentions?.length || row.is_forwarded || row.is_deleted || row.files?.length) &&
  !(row.card || row.reactions) &&
  (text || (sticker && speaksEnglish));

export class Thread {
  constructor(box) {
    const { conversation, rev, read, otherRead, otherDelivered, other, otherName } = box.dataset;
    Object.assign(this, { box, id: Number(conversation), rev: Number(rev), readSeq: Number(read), otherName });
    this.me = Number(document.body.dataset.me);
    this.other = Number(other) || null;
    this.otherRead = Number(otherRead);
    this.otherDelivered = Number(otherDelivered);
    this.sync = Number(box.dataset.sync);
    this.seq = Number(box.dataset.last); // the last message at `rev`: what a later change tells of and is not here is not new
    this.own = new Map(); // what one made elsewhere of messages that have not come yet
    this.cleared = 0;
    this.inGroup = "group" in box.dataset;
    this.spread = Math.min(LONGEST_SPREAD, EACH * Number(box.dataset.members));
    this.end = box.querySelector("[data-end]");
    this.typing = box.querySelector("[data-typing]");
    this.jump = document.querySelector("[data-jump]");
    this.held = new Map();
    this.fresh = 0;
    this.loading = false;
    stretch(this, box);
    this.listen();
    this.showWaiting();
    arrange(this.box);
    this.start();
  }

  listen() {
    socket.on("chat.message", (row) => row.conversation === this.id && this.hear(row));
    socket.on("chat.read", ({ conversation, read }) => conversation === this.id && this.hearAllRead(read));
    socket.on("chat.delivered", (mark) => mark.conversation === this.id && this.hearDelivered(mark.user, mark.seq));
    socket.on("chat.own_read", (mark) => mark.conversation === this.id && this.hearRead(this.me, mark.seq));
    socket.on("chat.typing", (word) => word.conversation === this.id && word.user !== this.me && this.hearTyping(word));
    socket.on("chat.own", ({ sync }) => sync > this.sync && this.hearOwn());
    socket.on("chat.membership", (word) => word.conversation === this.id && !word.is_member && location.replace("/chat/"));
    socket.on("chat.behind", ({ conversation, rev }) => conversation === this.id && rev > this.rev && this.resume());
    socket.onOpen(() => Promise.all([this.resume(), this.hearOwn()]));
    outbox.onChange((change) => change.item.conversation === this.id && this.outboxChanged(change));
    this.box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.box.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("visibilitychange", () => this.markRead());
    addEventListener("focus", () => this.markRead());
    this.jump.addEventListener("click", (event) => {
      if (this.newer) return; // the newest are not here: the link fetches them
      event.preventDefault();
      this.toEnd("smooth");
    });
  }

  start() {
    const line = this.box.querySelector("[data-unread-line]");
    if (line) line.scrollIntoView({ block: "center" });
    else this.toEnd();
    this.scrolled();
  }

  // -- What comes --

  hear(row) {
    if (row.rev <= this.rev) return this.known(row);
    this.held.set(row.rev, row);
    this.drain();
    clearTimeout(this.gap);
    if (this.held.size) this.gap = setTimeout(() => this.resume(), GAP_WAIT);
    return undefined;
  }

  /** Own words in another form: the acknowledgement was lost, the message stands. */
  known(row) {
    const pending = this.pending(row.client_id);
    if (pending) this.settle(pending, row);
  }

  drain() {
    for (let row; (row = this.held.get(this.rev + 1)); ) {
      this.held.delete(row.rev);
      this.rev = row.rev;
      this.show(row, this.seq);
      this.seq = Math.max(this.seq, row.seq);
    }
    for (const rev of this.held.keys()) if (rev <= this.rev) this.held.delete(rev);
  }

  async resume() {
    clearTimeout(this.gap);
    if (this.resuming) return;
    this.resuming = true;
    try {
      const missed = await socket.insist("chat.catch_up", { conversation: this.id, after: this.rev });
      if (missed.reload) return location.reload();
      const last = this.seq; // the rows come by `rev`: an earlier one may be behind
      for (const row of missed.messages) {
        this.show(row, last);
        this.seq = Math.max(this.seq, row.seq);
      }
      this.rev = Math.max(this.rev, missed.rev);
      this.hearAllRead(missed.read);
      for (const [user, seq] of Object.entries(missed.delivered)) this.hearDelivered(Number(user), seq);
      this.drain();
      if (missed.card) refresh(this);
    } catch (error) {
      // Not ours any more: somebody blocked somebody, and this page is gone as well.
      if (error.status === 404) location.replace("/chat/");
      else if (!error.lost) throw error;
    } finally {
      this.resuming = false;
      if (this.held.size && socket.isOpen) this.gap = setTimeout(() => this.resume(), GAP_WAIT);
    }
    return undefined;
  }

  hearAllRead(read) {
    for (const [user, seq] of Object.entries(read)) this.hearRead(Number(user), seq);
  }

  hearRead(user, seq) {
    if (user === this.me) this.readSeq = Math.max(this.readSeq, seq);
    if (user !== this.other || seq <= this.otherRead) return;
    this.otherRead = seq;
    this.tickAll();
  }

  hearDelivered(user, seq) {
    if (user !== this.other || seq <= this.otherDelivered) return;
    this.otherDelivered = seq;
    this.tickAll();
  }

  tickAll() {
    this.box.querySelectorAll(".msg.me[data-seq]").forEach((node) => this.tick(node));
  }

  async hearTyping({ user, seconds }) {
    const who = this.inGroup ? await face(user) : { name: this.otherName };
    if (!who) return;
    if (who.avatar) this.typing.querySelector("img").src = who.avatar;
    const there = this.atEnd();
    this.typing.querySelector("[data-typing-text]").textContent = t("typing", { name: who.name });
    this.typing.hidden = false;
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => (this.typing.hidden = true), seconds * 1000);
    if (there) this.toEnd();
  }

  // -- What is shown --

  /** The message as it is now. New ones come after `last`; others that are not here were taken away, or stand above. */
  show(row, last) {
    const own = this.own.get(row.seq);
    if (row.seq <= this.cleared || own?.is_hidden) return undefined;
    const mine = row.sender === this.me;
    const pending = mine && this.pending(row.client_id);
    if (pending) return this.settle(pending, row);
    const known = this.box.querySelector(`#m${row.seq}`);
    if (!known && (row.seq <= last || row.only)) return undefined;
    if (row.kind === "system" || row.is_closed) return notice(this, row);
    if (known) return row.rev > Number(known.dataset.rev) ? changed(this, known, row) : undefined;
    if (this.newer) {
      if (!mine) this.count();
      return undefined;
    }
    if (mine) outbox.settle(row.client_id);
    const there = this.atEnd();
    const node = this.make(mine, row.files ? { ...row, text: row.text || " " } : row, row.created_at);
    node.dataset.rev = row.rev;
    node.dataset.client = row.client_id;
    if (this.inGroup && !mine) dress(node, row.sender);
    this.place(node, row.seq);
    if (!isPlain(row) || own?.is_starred) this.renew(row.seq);
    if (!mine) {
      this.typing.hidden = true;
      say(this.box, row.seq);
    }
    if (mine || there) this.toEnd();
    else this.count();
    this.markRead();
    return undefined;
  }

  /** The message as the site shows it now: changed, or more than words. */
  async renew(seq) {
    await new Promise((go) => setTimeout(go, Math.random() * this.spread));
    const node = this.box.querySelector(`#m${seq}`);
    if (!node) return;
    try {
      const [fresh] = await getFragment(`/chat/${this.id}/${seq}/?line=1`);
      const there = this.atEnd();
      const focus = hold(node);
      node.replaceWith(fresh);
      focus(fresh);
      arrange(this.box);
      if (there) this.toEnd();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (error.status === 404) this.takeAway(node);
    }
  }

  takeAway(node) {
    node.remove();
    arrange(this.box);
  }

  /** What this member did elsewhere for themselves alone: stars, what is deleted for them, a draft. */
  async hearOwn() {
    const found = await socket.insist("chat.own_since", { after: this.sync });
    this.sync = found.sync;
    if (found.reload) return location.reload();
    for (const mark of found.messages) {
      if (mark.conversation !== this.id) continue;
      const node = this.box.querySelector(`#m${mark.seq}`);
      if (!node) this.own.set(mark.seq, mark);
      else if (mark.is_hidden) this.takeAway(node);
      else this.renew(mark.seq);
    }
    for (const { conversation, cleared_seq: cleared, draft } of found.conversations) {
      if (conversation !== this.id) continue;
      this.cleared = Math.max(this.cleared, cleared);
      for (const seq of this.seqs()) if (seq <= cleared) this.box.querySelector(`#m${seq}`).remove();
      arrange(this.box);
      document.dispatchEvent(new CustomEvent("chat-draft", { detail: draft }));
    }
    return undefined;
  }

  /** What waits stands at the end, where the end is shown. */
  async showWaiting() {
    const items = await outbox.waiting(this.id);
    if (!this.newer) items.forEach((item) => this.showPending(item));
  }

  showPending(item) {
    if (this.newer) {
      location.assign("?newest=1"); // it waits in the outbox, and its place is at the end
      return;
    }
    const known = this.box.querySelector(`.msg.me[data-client="${CSS.escape(item.client_id)}"]`);
    if (known) {
      if (known.dataset.seq) outbox.settle(item.client_id);
      return;
    }
    this.box.querySelector("[data-empty]")?.remove();
    const node = this.make(true, item.text || item.sticker ? item : { text: t("carries") }, new Date(item.at).toISOString());
    node.dataset.client = item.client_id;
    if (item.reply || item.files?.length) node.dataset.more = ""; // than words: the site shows it
    this.typing.before(node);
    if (item.state === "failed") this.fail(node, item.reason);
    else this.wait(node, item);
    arrange(this.box);
    this.toEnd();
  }

  make(mine, { text, sticker }, at) {
    const blank = document.querySelector(`[data-blank="${mine ? "mine" : "theirs"}"]`);
    const node = blank.content.firstElementChild.cloneNode(true);
    write(node, { text: text || t("taken"), sticker });
    node.querySelector(".bub time").dateTime = at;
    return node;
  }

  place(node, seq) {
    this.box.querySelector("[data-empty]")?.remove();
    node.id = `m${seq}`;
    node.dataset.seq = seq;
    const options = node.querySelector("[data-message]");
    options.href = `/chat/${this.id}/${seq}/`;
    options.hidden = false;
    const later = [...this.box.querySelectorAll(".msg")].find(
      (other) => other !== node && (!other.dataset.seq || Number(other.dataset.seq) > seq),
    );
    (later ?? this.typing).before(node);
    this.tick(node);
    arrange(this.box);
  }

  pending(clientId) {
    return this.box.querySelector(`.msg.me[data-seq=""][data-client="${CSS.escape(clientId)}"]`);
  }

  settle(node, { seq, rev, client_id: clientId, created_at: at, again, ...row }) {
    node.dataset.rev = rev;
    if (clientId) outbox.settle(clientId);
    if (this.box.querySelector(`#m${seq}`)) return node.remove();
    node.classList.remove("waiting", "failed");
    node.querySelector("[data-failed]").hidden = true;
    node.querySelector(".bub time").dateTime = at;
    this.place(node, seq);
    // What stood already may have been edited since, on another device; its link may show a card.
    if ("more" in node.dataset || again || !isPlain(row) || node.querySelector("[data-text] a")) this.renew(seq);
    return undefined;
  }

  outboxChanged({ state, item, ack }) {
    const node = this.pending(item.client_id);
    if (state === "sent") {
      if (node) this.settle(node, ack);
      // In order or not, the ack says what has come; what stands between is asked for, and what became since of a
      // message that stood already.
      if (ack.rev === this.rev + 1 && !ack.again) [this.rev, this.seq] = [ack.rev, Math.max(this.seq, ack.seq)];
      else if (ack.rev > this.rev) this.gap = setTimeout(() => this.rev < ack.rev && this.resume(), GAP_WAIT);
      this.drain();
    } else if (state === "removed") node?.remove();
    else if (node && state === "failed") this.fail(node, item.reason);
    else if (node && state === "waiting") this.wait(node, item);
    else if (state === "waiting" && !this.newer) this.showPending(item); // written in another tab
  }

  wait(node, item) {
    node.classList.remove("failed");
    node.classList.add("waiting");
    node.querySelector("[data-failed-text]").textContent = "";
    node.querySelector("[data-failed]").hidden = Date.now() - item.at < LONG;
    this.mark(node, "waiting");
  }

  fail(node, reason) {
    node.classList.remove("waiting");
    node.classList.add("failed");
    node.querySelector("[data-failed-text]").textContent = `${t("not_sent")} ${reason}`;
    node.querySelector("[data-failed]").hidden = false;
    this.mark(node, "");
    tell([node.querySelector("[data-failed-text]").textContent]);
  }

  tick(node) {
    const seq = Number(node.dataset.seq);
    if (seq) this.mark(node, seq <= this.otherRead ? "read" : seq <= this.otherDelivered ? "delivered" : "sent");
  }

  mark(node, state) {
    for (const one of node.querySelectorAll("[data-tick]")) one.hidden = one.dataset.tick !== state;
  }

  clicked({ target }) {
    const node = target.closest(".msg");
    if (target.closest("[data-retry]")) outbox.retry(node.dataset.client);
    else if (target.closest("[data-remove]")) outbox.remove(node.dataset.client);
  }

  // -- Where one is --

  atEnd() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR;
  }

  toEnd(behavior = "instant") {
    this.box.scrollTo({ top: this.box.scrollHeight, behavior });
    this.fresh = 0;
    this.markRead();
  }

  count() {
    this.fresh += 1;
    const words = this.fresh === 1 ? t("new_messages_one") : t("new_messages", { n: this.fresh });
    this.jump.querySelector("[data-jump-text]").textContent = words;
    this.jump.hidden = false;
  }

  scrolled() {
    const there = this.atEnd();
    if (there && !this.newer) {
      this.fresh = 0;
      this.markRead();
    }
    if (!this.fresh) this.jump.querySelector("[data-jump-text]").textContent = t("to_newest");
    const far = this.box.scrollHeight - this.box.scrollTop > 2.5 * this.box.clientHeight;
    this.jump.hidden = !this.newer && !this.fresh && !far;
    if (this.box.scrollTop < 300 && this.older) load(this, "before");
    else if (there && this.newer) load(this, "after");
  }

  /** Tells how far one has read: what is on a page that somebody looks at. */
  markRead() {
    if (document.hidden || !document.hasFocus() || !this.atEnd()) return;
    const seq = this.last();
    if (seq <= this.readSeq || !socket.isOpen) return;
    this.readSeq = seq;
    wasRead(this.id, seq);
    socket.send("chat.read", { conversation: this.id, seq }).catch(() => {});
  }

  seqs() {
    return [...this.box.querySelectorAll(".msg, .notice")].map((node) => Number(node.dataset.seq)).filter(Boolean);
  }

  last() {
    return Math.max(0, ...this.seqs());
  }
}
