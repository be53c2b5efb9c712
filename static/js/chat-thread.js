// One open conversation. Messages are applied in order of `rev`; a gap waits a moment for what is late, then asks.
import { fill } from "./chat-text.js";
import { dress, face, notice, refresh } from "./chat-group.js";
import * as outbox from "./chat-outbox.js";
import { getFragment } from "./fragment.js";
import { get, HttpError } from "./http.js";
import { day } from "./reltime.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";

const GAP_WAIT = 200;
const NEAR = 80; // px from the end that still count as being there
const RUN = 5 * 60 * 1000;

const language = document.documentElement.lang || undefined;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const sameYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const dayName = (date) =>
  day(date) ?? (date.getFullYear() === new Date().getFullYear() ? sameYear : otherYear).format(date);
const dateOf = (node) => new Date(node.dataset.at ?? node.querySelector(".bub time").dateTime);

const isPlain = ({ kind = "text", reply, mentions, is_forwarded: forwarded, is_deleted: deleted, text = " " }) =>
  kind === "text" && !reply && !mentions?.length && !forwarded && !deleted && text;

export class Thread {
  constructor(box) {
    const { conversation, rev, read, otherRead, other, otherName } = box.dataset;
    Object.assign(this, { box, id: Number(conversation), rev: Number(rev), readSeq: Number(read), otherName });
    this.me = Number(document.body.dataset.me);
    this.other = Number(other) || null;
    this.otherRead = Number(otherRead);
    this.sync = Number(box.dataset.sync);
    this.inGroup = "group" in box.dataset;
    this.end = box.querySelector("[data-end]");
    this.typing = box.querySelector("[data-typing]");
    this.jump = document.querySelector("[data-jump]");
    this.held = new Map();
    this.fresh = 0;
    this.loading = false;
    this.stretch(box);
    this.listen();
    outbox.waiting(this.id).forEach((item) => this.showPending(item));
    this.arrange();
    this.start();
  }

  listen() {
    socket.on("chat.message", (row) => row.conversation === this.id && this.hear(row));
    socket.on("chat.read", (mark) => mark.conversation === this.id && this.hearRead(mark.user, mark.seq));
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
      this.show(row);
    }
    for (const rev of this.held.keys()) if (rev <= this.rev) this.held.delete(rev);
  }

  async resume() {
    clearTimeout(this.gap);
    if (this.resuming) return;
    this.resuming = true;
    try {
      const missed = await socket.send("chat.catch_up", { conversation: this.id, after: this.rev });
      if (missed.reload) return location.reload();
      missed.messages.forEach((row) => this.show(row));
      this.rev = Math.max(this.rev, missed.rev);
      for (const [user, seq] of Object.entries(missed.read)) this.hearRead(Number(user), seq);
      this.drain();
      if (missed.card) refresh(this);
    } catch (error) {
      // Not ours any more: somebody blocked somebody, and this page is gone as well.
      if (error.status === 404) location.replace("/chat/");
      else if (!error.lost) throw error;
    } finally {
      this.resuming = false;
    }
    return undefined;
  }

  hearRead(user, seq) {
    if (user === this.me) this.readSeq = Math.max(this.readSeq, seq);
    if (user !== this.other || seq <= this.otherRead) return;
    this.otherRead = seq;
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

  show(row) {
    if (row.kind === "system" || row.is_closed) return notice(this, row);
    const mine = row.sender === this.me;
    const pending = mine && this.pending(row.client_id);
    if (pending) return this.settle(pending, row);
    if (this.newer) {
      if (!mine) this.count();
      return undefined;
    }
    const known = this.box.querySelector(`#m${row.seq}`);
    if (known) return row.rev > Number(known.dataset.rev) ? this.renew(row.seq) : undefined;
    if (mine) outbox.remove(row.client_id);
    const there = this.atEnd();
    const node = this.make(mine, row.text, row.created_at);
    node.dataset.rev = row.rev;
    node.dataset.client = row.client_id;
    if (this.inGroup && !mine) dress(node, row.sender);
    this.place(node, row.seq);
    if (!isPlain(row)) this.renew(row.seq);
    if (!mine) this.typing.hidden = true;
    if (mine || there) this.toEnd();
    else this.count();
    this.markRead();
    return undefined;
  }

  /** The message as the site shows it now: changed, or more than words. */
  async renew(seq) {
    const node = this.box.querySelector(`#m${seq}`);
    if (!node) return;
    try {
      const [fresh] = await getFragment(`/chat/${this.id}/${seq}/?line=1`);
      const there = this.atEnd();
      node.replaceWith(fresh);
      this.arrange();
      if (there) this.toEnd();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (error.status === 404) this.takeAway(node);
    }
  }

  takeAway(node) {
    node.remove();
    this.arrange();
  }

  /** What this member did elsewhere for themselves alone: stars, what is deleted for them, a draft. */
  async hearOwn() {
    const found = await socket.send("chat.own_since", { after: this.sync });
    this.sync = found.sync;
    if (found.reload) return location.reload();
    for (const { conversation, seq, is_hidden: gone } of found.messages) {
      const node = conversation === this.id && this.box.querySelector(`#m${seq}`);
      if (node && gone) this.takeAway(node);
      else if (node) this.renew(seq);
    }
    for (const { conversation, cleared_seq: cleared, draft } of found.conversations) {
      if (conversation !== this.id) continue;
      for (const seq of this.seqs()) if (seq <= cleared) this.box.querySelector(`#m${seq}`).remove();
      this.arrange();
      document.dispatchEvent(new CustomEvent("chat-draft", { detail: draft }));
    }
    return undefined;
  }

  showPending(item) {
    if (this.newer) {
      location.assign("?newest=1"); // it waits in the outbox, and its place is at the end
      return;
    }
    this.box.querySelector("[data-empty]")?.remove();
    const node = this.make(true, item.text, new Date(item.at).toISOString());
    node.dataset.client = item.client_id;
    if (item.reply) node.dataset.reply = item.reply;
    this.typing.before(node);
    if (item.failed) this.fail(node, item.failed);
    else this.wait(node);
    this.arrange();
    this.toEnd();
  }

  make(mine, text, at) {
    const blank = document.querySelector(`[data-blank="${mine ? "mine" : "theirs"}"]`);
    const node = blank.content.firstElementChild.cloneNode(true);
    fill(node.querySelector("[data-text]"), text || t("taken"));
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
    this.arrange();
  }

  pending(clientId) {
    return this.box.querySelector(`.msg.me[data-seq=""][data-client="${CSS.escape(clientId)}"]`);
  }

  settle(node, { seq, rev, client_id: clientId, created_at: at, ...row }) {
    node.dataset.rev = rev;
    if (clientId) outbox.remove(clientId);
    if (this.box.querySelector(`#m${seq}`)) return node.remove();
    node.classList.remove("waiting", "failed");
    node.querySelector("[data-failed]").hidden = true;
    node.querySelector(".bub time").dateTime = at;
    this.place(node, seq);
    if (node.dataset.reply || !isPlain(row)) this.renew(seq);
    return undefined;
  }

  outboxChanged({ state, item, ack, error }) {
    const node = this.pending(item.client_id);
    if (state === "sent") {
      if (node) this.settle(node, ack);
      // In order or not, the ack says what has come; what stands between is asked for.
      if (ack.rev === this.rev + 1) this.rev = ack.rev;
      else if (ack.rev > this.rev) this.gap = setTimeout(() => this.rev < ack.rev && this.resume(), GAP_WAIT);
      this.drain();
    } else if (node && state === "failed") this.fail(node, error.message);
    else if (node) this.wait(node);
  }

  wait(node) {
    node.classList.remove("failed");
    node.classList.add("waiting");
    node.querySelector("[data-failed]").hidden = true;
    this.mark(node, "waiting");
  }

  fail(node, reason) {
    node.classList.remove("waiting");
    node.classList.add("failed");
    node.querySelector("[data-failed-text]").textContent = `${t("not_sent")} ${reason}`;
    node.querySelector("[data-failed]").hidden = false;
    this.mark(node, "");
  }

  tick(node) {
    if (node.dataset.seq) this.mark(node, Number(node.dataset.seq) <= this.otherRead ? "read" : "sent");
  }

  mark(node, state) {
    for (const one of node.querySelectorAll("[data-tick]")) one.hidden = one.dataset.tick !== state;
  }

  clicked({ target }) {
    const node = target.closest(".msg");
    if (target.closest("[data-retry]")) outbox.retry(node.dataset.client);
    else if (target.closest("[data-remove]")) {
      outbox.remove(node.dataset.client);
      node.remove();
    }
  }

  /** Days and runs are those of the reader's zone, whoever made the lines. */
  arrange() {
    this.box.querySelectorAll(":scope > .day").forEach((node) => node.remove());
    let before = null;
    for (const node of this.box.querySelectorAll(":scope > :is(.msg, .notice)")) {
      const at = dateOf(node);
      const newDay = !before || before.at.toDateString() !== at.toDateString();
      if (newDay) node.before(this.dayLine(at));
      if (node.matches(".notice")) {
        before = { node: null, at }; // nobody's words: whoever speaks next begins
        continue;
      }
      const time = node.querySelector(".bub time");
      time.title = at.toLocaleString(language, { dateStyle: "full", timeStyle: "short" });
      time.querySelector("[data-clock]").textContent = clock.format(at);
      if (before?.node) {
        const mine = node.classList.contains("me");
        const sameVoice =
          before.node.classList.contains("me") === mine && (mine || before.node.dataset.sender === node.dataset.sender);
        const run = sameVoice && !newDay && at - before.at < RUN && before.node.nextElementSibling === node;
        this.endRun(before.node, !run);
        this.beginRun(node, !run);
      } else this.beginRun(node, true);
      this.endRun(node, true);
      before = { node, at };
    }
  }

  /** In groups a name stands where somebody begins to speak. */
  beginRun(node, begins) {
    const from = node.querySelector("[data-from]");
    if (from) from.hidden = !begins;
  }

  dayLine(at) {
    const line = document.createElement("time");
    line.className = "day";
    line.dateTime = at.toISOString();
    line.textContent = dayName(at);
    return line;
  }

  endRun(node, ends) {
    node.classList.toggle("tail", ends);
    node.querySelector(".bub").classList.toggle("last", ends);
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
    if (this.box.scrollTop < 300 && this.older) this.load("before");
    else if (there && this.newer) this.load("after");
  }

  /** Tells how far one has read: what is on a page that somebody looks at. */
  markRead() {
    if (document.hidden || !document.hasFocus() || !this.atEnd()) return;
    const seq = this.last();
    if (seq <= this.readSeq || !socket.isOpen) return;
    this.readSeq = seq;
    socket.send("chat.read", { conversation: this.id, seq }).catch(() => {});
  }

  seqs() {
    return [...this.box.querySelectorAll(".msg, .notice")].map((node) => Number(node.dataset.seq)).filter(Boolean);
  }

  last() {
    return Math.max(0, ...this.seqs());
  }

  // -- Older and newer --

  stretch(root) {
    const tail = root.querySelector("[data-stretch]");
    if (tail && root === this.box) this.newer = Boolean(tail.dataset.newer);
    if (tail && root === this.box) this.older = Boolean(tail.dataset.older);
    root.querySelectorAll("[data-stretch], [data-older-link], [data-newer-link]").forEach((node) => node.remove());
    return { older: Boolean(tail?.dataset.older), newer: Boolean(tail?.dataset.newer) };
  }

  async load(side) {
    if (this.loading) return;
    this.loading = true;
    try {
      const seqs = this.seqs();
      const place = side === "before" ? Math.min(...seqs) : Math.max(...seqs);
      const html = await get(`/chat/${this.id}/?${side}=${place}`, { headers: { "HX-Request": "true" } });
      const part = document.createElement("template");
      part.innerHTML = html;
      const more = this.stretch(part.content);
      part.content.querySelectorAll(".day").forEach((node) => node.remove());
      if (side === "before") this.addAbove(part.content, more.older);
      else this.addBelow(part.content, more.newer);
    } finally {
      this.loading = false;
    }
  }

  addAbove(content, more) {
    this.older = more;
    const fromEnd = this.box.scrollHeight - this.box.scrollTop;
    this.box.prepend(content);
    this.arrange();
    this.box.scrollTo({ top: this.box.scrollHeight - fromEnd, behavior: "instant" });
  }

  addBelow(content, more) {
    this.newer = more;
    const top = this.box.scrollTop;
    const pending = this.box.querySelector('.msg[data-seq=""]');
    (pending ?? this.typing).before(content);
    this.arrange();
    this.box.scrollTo({ top, behavior: "instant" });
    if (!more) this.resume();
  }
}
