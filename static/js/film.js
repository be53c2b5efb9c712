// Videos and sounds play by themselves. Here: one at a time, and new links when a page is open longer than they last.
import { get } from "./http.js";

const renewed = new WeakSet();

document.addEventListener(
  "play",
  ({ target }) => {
    for (const other of document.querySelectorAll("[data-film]")) if (other !== target) other.pause();
  },
  true, // what plays does not bubble
);

async function renew(film) {
  if (renewed.has(film)) return; // once: what then fails is broken
  renewed.add(film);
  const at = film.currentTime;
  const { sources, captions } = await get(`/api/v1/uploads/${film.dataset.film}/film`);
  [...film.querySelectorAll("source")].forEach((node, place) => (node.src = sources[place]?.url ?? node.src));
  for (const node of film.querySelectorAll("track")) {
    node.src = captions.find((one) => one.language === node.srclang)?.url ?? node.src;
  }
  film.removeAttribute("src");
  film.load();
  film.addEventListener("loadedmetadata", () => (film.currentTime = at), { once: true });
  await film.play();
}

document.addEventListener(
  "error",
  ({ target }) => {
    const film = target.closest?.("[data-film]");
    const last = film?.querySelector("source:last-of-type");
    // A browser tries the sources in their order; a link that has ended while it played is told by the player itself.
    if (film && (target === film || target === last)) renew(film).catch(() => {});
  },
  true,
);
