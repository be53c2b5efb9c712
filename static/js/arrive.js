// One file on its way until the site has prepared it: for what is sent by itself, like a recording.
import { HttpError, del, get } from "./http.js";
import { Slot } from "./slot.js";
import { socket } from "./socket.js";

const POLL = 1500;

const waiting = new Map(); // key -> who waits for what becomes of it
for (const type of ["upload.ready", "upload.failed"]) {
  socket.on(type, ({ upload }) => waiting.get(upload.key)?.(upload));
}

/** The upload, ready to be used. `progress(percent)` hears how far it is. Once `signal` is aborted nobody wants it: it
 * stops at once, and what has come goes. */
export async function arrive(url, file, { purpose, progress, signal }) {
  const slot = new Slot(url, file, { purpose, progress });
  let key = "";
  const drop = () => {
    if (!key) return slot.cancel();
    waiting.get(key)?.(null);
    return del(`${url}/${key}`).catch(() => {}); // it goes by itself after a day
  };
  signal.addEventListener("abort", drop);
  try {
    let said = await slot.run();
    key = said.key;
    if (signal.aborted) drop(); // called off while the site was taking it over
    progress(null); // how long preparing takes nobody knows
    while (!signal.aborted && said.state !== "ready" && said.state !== "failed") {
      const heard = await new Promise((resolve) => {
        waiting.set(key, resolve);
        setTimeout(resolve, POLL);
      });
      if (!signal.aborted) said = heard ?? (await get(`${url}/${key}`));
    }
    signal.throwIfAborted();
    if (said.state === "failed") throw new HttpError(said.detail);
    return said;
  } finally {
    signal.removeEventListener("abort", drop);
    waiting.delete(key);
  }
}
