// One file on its way to where the site keeps files: straight to the storage, in parts where it is large. A lost
// connection costs the part that was on its way; run() again goes on with what has not arrived.
import { HttpError, del, explain, get, post } from "./http.js";
import { t } from "./strings.js";

const PAUSES = [1000, 3000, 8000]; // between attempts at the same request
const LOOK = 150; // longer at every turn
const LOOKS = 40;
const ENDED = 403; // what a storage says to an address that is over

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
const passing = ({ status }) => status === 0 || status === 503 || status >= 500;

export class Slot {
  #call = null;
  #there = 0; // bytes of the parts that have arrived

  constructor(url, file, { purpose, progress }) {
    Object.assign(this, { url: `${url}/slots`, file, purpose, progress, slot: null, cancelled: false });
  }

  /** The upload, once everything has arrived; the site takes it over then. HttpError when that does not work. */
  async run() {
    await this.#begin();
    for (let idle = 0; this.slot.arrived.length < this.slot.parts; ) {
      const had = this.slot.arrived.length;
      for (const way of this.slot.ways) if (!(await this.#part(way))) break;
      idle = this.slot.arrived.length > had ? 0 : idle + 1;
      if (idle > 2) throw new HttpError(t("failed"), { status: ENDED }); // new addresses do not help: it is full, say
      if (this.slot.arrived.length < this.slot.parts) await this.#look();
    }
    return this.#again(() => post(`${this.url}/${this.slot.key}/finish`));
  }

  /** Stops it, and tells the site that nothing more will come. */
  cancel() {
    this.cancelled = true;
    this.#call?.abort();
    if (this.slot) del(`${this.url}/${this.slot.key}`).catch(() => {}); // it goes by itself after a day
  }

  async #begin() {
    if (this.slot) {
      try {
        return await this.#look();
      } catch (error) {
        if (error.status !== 404 && error.status !== 422) throw error;
      }
    }
    const { name, type, size } = this.file;
    const words = { purpose: this.purpose, name: name.slice(-255), type, bytes: size };
    this.slot = await this.#again(() => post(this.url, words));
    this.#there = 0;
    if (this.cancelled) this.cancel(); // meanwhile: now there is something to take away
    if (this.slot.opening) await this.#look();
  }

  /** What has arrived, and new addresses; where files lie in a bucket somebody asks it first. */
  async #look() {
    const { key } = this.slot;
    for (let turn = 0; turn === 0 || this.slot.opening; turn++) {
      if (turn >= LOOKS) throw new HttpError(explain(503), { status: 503 });
      if (turn) await pause(Math.min(LOOK * turn, 1000));
      this.slot = await this.#again(() => get(`${this.url}/${key}`));
    }
    this.#there = Math.min(this.slot.arrived.length * this.slot.part_bytes, this.slot.bytes);
  }

  /** Sends one part, more than once if need be; false when its address is over. */
  async #part(way) {
    const begin = (way.number - 1) * this.slot.part_bytes;
    const piece = this.file.slice(begin, begin + way.bytes);
    try {
      await this.#again(() => this.#send(way, piece));
    } catch (error) {
      if (error.status === ENDED) return false;
      throw error;
    }
    this.#there += way.bytes;
    this.slot.arrived.push(way.number);
    return true;
  }

  #send(way, piece) {
    let body = piece;
    if (way.method === "POST") {
      body = new FormData();
      for (const [name, value] of Object.entries(way.form)) body.set(name, value);
      body.set("file", piece);
    }
    return new Promise((resolve, reject) => {
      const call = new XMLHttpRequest(); // fetch does not tell how far it is
      this.#call = call;
      call.open(way.method, way.url);
      call.upload.addEventListener("progress", ({ loaded }) => {
        this.progress?.((Math.min(this.#there + loaded, this.slot.bytes) / this.slot.bytes) * 100);
      });
      call.addEventListener("load", () => {
        if (call.status < 300) resolve();
        else reject(new HttpError(explain(call.status), { status: call.status }));
      });
      call.addEventListener("error", () => reject(new HttpError(explain(0))));
      call.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
      call.send(body);
    });
  }

  async #again(ask) {
    for (const time of PAUSES) {
      if (this.cancelled) throw new DOMException("cancelled", "AbortError");
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof HttpError) || !passing(error)) throw error;
        await pause(time);
      }
    }
    if (this.cancelled) throw new DOMException("cancelled", "AbortError");
    return ask();
  }
}
