// The one connection of this tab: socket.on(type, fn), socket.send(type, data) -> Promise, socket.onOpen(fn).
// It comes back by itself; whoever needs what was missed meanwhile asks for it in onOpen.
import { report } from "./connection.js";
import { t } from "./strings.js";

const FIRST_WAIT = 400; // ms, doubled at every failure, with jitter
const LONGEST_WAIT = 30000;
const FLOOD_WAIT = 15000;
const REPLY_WAIT = 10000; // a reply that takes longer means the line is dead
const QUIET_WAIT = 45000; // as long as nothing comes, ask whether anybody is there
const STALE_SPREAD = 3000;
const MOVE_SPREAD = 1000; // the server's process ends: another one is there
const PROBE_WAIT = 4000; // after a change of network, or sleep, a line that is alive answers sooner
const CLOSED = { signIn: 4401, slow: 4408, flood: 4429, moved: 4503 };

/** Why something sent was not done. `lost`: the line broke, so it may have been; send it again with the same id. */
export class SocketError extends Error {
  constructor(message, { status = 0, field = "", retryAfter = 0, problem = null, lost = false } = {}) {
    super(message);
    Object.assign(this, { status, field, retryAfter, problem, lost });
  }
}

class Connection {
  #address = document.body?.dataset.ws;
  #line = null;
  #open = false;
  #failures = 0;
  #next = 1;
  #timer = 0;
  #quiet = 0;
  #handlers = new Map();
  #openers = new Set();
  #waiting = new Map();
  #started = false;

  get isOpen() {
    return this.#open;
  }

  /** Calls fn(data) for every frame of this type; returns what takes it away again. */
  on(type, fn) {
    this.#start();
    if (!this.#handlers.has(type)) this.#handlers.set(type, new Set());
    this.#handlers.get(type).add(fn);
    return () => this.#handlers.get(type).delete(fn);
  }

  /** Calls fn() at every (re)connection, now if there is one, and whenever something may have been missed. */
  onOpen(fn) {
    this.#start();
    this.#openers.add(fn);
    if (this.#open) this.#call(fn);
    return () => this.#openers.delete(fn);
  }

  /** Asks the server; resolves with what the ack carries, rejects with a SocketError. */
  send(type, data = {}, wait = REPLY_WAIT) {
    this.#start();
    if (!this.#open) return Promise.reject(new SocketError(t("reconnecting"), { lost: true }));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#drop(), wait);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#line.send(JSON.stringify({ type, id, data }));
    });
  }

  /** As send, for what may be asked twice: where the site is too busy, asks again when it says one may, and more and more
   * rarely. */
  async insist(type, data) {
    for (let times = 1; ; times *= 2) {
      try {
        return await this.send(type, data);
      } catch (error) {
        if (!error.retryAfter) throw error;
        const wait = Math.min(error.retryAfter * 1000 * times, LONGEST_WAIT);
        await new Promise((go) => setTimeout(go, wait * (0.5 + Math.random())));
      }
    }
  }

  /** Says something that needs no answer and may be lost. */
  say(type, data = {}) {
    if (this.#open) this.#line.send(JSON.stringify({ type, data }));
  }

  #start() {
    if (this.#started || !this.#address) return;
    this.#started = true;
    this.#connect();
    addEventListener("online", () => this.#hurry());
    navigator.connection?.addEventListener("change", () => this.#hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry());
    // A page that comes back from the browser's memory has lost its line without a word.
    addEventListener("pageshow", (event) => event.persisted && this.#drop());
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const url = new URL(this.#address, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const line = new WebSocket(url);
    this.#line = line;
    line.addEventListener("message", (event) => line === this.#line && this.#hear(event.data));
    line.addEventListener("close", (event) => line === this.#line && this.#closed(event.code));
  }

  #hear(text) {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#probe(), QUIET_WAIT);
    const frame = JSON.parse(text);
    const { type, data } = frame;
    if (type === "ack" || type === "error") return this.#answer(frame);
    // Somebody else has logged in meanwhile: this page is not theirs, and what waits in it is not sent in their name.
    if (type === "hello" && data.user !== Number(document.body.dataset.me)) return this.#signIn();
    if (type === "hello") this.#opened();
    else if (type === "access") this.#reopen();
    else if (type === "stale") setTimeout(() => this.#open && this.#reopen(), Math.random() * STALE_SPREAD);
    for (const fn of this.#handlers.get(type) ?? []) this.#call(fn, data);
    return undefined;
  }

  #answer({ type, re, data, ...problem }) {
    const asked = this.#waiting.get(re);
    if (!asked) return;
    this.#waiting.delete(re);
    clearTimeout(asked.timer);
    if (type === "ack") return asked.resolve(data);
    const { status, detail, field, retry_after: retryAfter } = problem;
    return asked.reject(new SocketError(detail ?? t("failed"), { status, field, retryAfter, problem }));
  }

  #opened() {
    this.#open = true;
    this.#failures = 0;
    report("good");
    this.#reopen();
  }

  #reopen() {
    for (const fn of this.#openers) this.#call(fn);
  }

  // What one listener does wrong must not keep the others from hearing.
  async #call(fn, data) {
    try {
      await fn(data);
    } catch (error) {
      if (!(error instanceof SocketError)) reportError(error);
    }
  }

  #closed(code) {
    this.#forget();
    if (code === CLOSED.signIn) return this.#signIn();
    if (code !== CLOSED.moved) report("bad");
    let wait = Math.min(FIRST_WAIT * 2 ** this.#failures, LONGEST_WAIT);
    if (code === CLOSED.flood) wait = Math.max(wait, FLOOD_WAIT);
    if (code === CLOSED.slow) wait = 0;
    if (code === CLOSED.moved && !this.#failures) wait = Math.random() * MOVE_SPREAD;
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#connect(), wait * (0.5 + Math.random()));
    return undefined;
  }

  #forget() {
    this.#open = false;
    this.#line = null;
    clearTimeout(this.#quiet);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(new SocketError(t("reconnecting"), { lost: true }));
    }
  }

  /** The login has ended: the server sends a page of its own for that. Once, lest a page that disagrees goes round. */
  #signIn() {
    // Whoever is logging out is on their way already; a reload would overtake it and ask them to log in.
    if (document.querySelector('form[action="/logout/"][aria-busy]')) return report("bad");
    const last = Number(sessionStorage.getItem("signed-out-at") ?? 0);
    if (Date.now() - last < 60000) return report("bad");
    sessionStorage.setItem("signed-out-at", String(Date.now()));
    document.dispatchEvent(new CustomEvent("signed-out"));
    return location.reload();
  }

  #drop() {
    const line = this.#line;
    if (!line) return;
    this.#line = null; // its own goodbye may take minutes on a dead line
    line.close();
    this.#closed(0);
  }

  #probe(wait = REPLY_WAIT) {
    if (this.#open) this.send("ping", {}, wait).catch(() => {});
  }

  #hurry() {
    if (this.#timer) this.#connect();
    else this.#probe(PROBE_WAIT);
  }
}

export const socket = new Connection();
