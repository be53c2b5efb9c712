// Served at /sw.js with VERSION and SHELL before it (core/theme.py). Keeps static files and one page; never a member's page.
/* global VERSION, SHELL */
const CACHE = `shell-${VERSION}`;
const OFFLINE = "/offline/";
const HASHED = /\.[0-9a-f]{8,}\.\w+$/;

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      Promise.all([
        ...SHELL.map((name) => cache.add(name).catch(() => {})),
        // Without cookies: the page is the same for everybody.
        fetch(OFFLINE, { credentials: "omit" }).then((answer) => answer.ok && cache.put(OFFLINE, answer)),
      ]),
    ),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => clients.claim()),
  );
});

async function fromStatic(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  // A name with a hash never changes; others are asked for first, so that no old script stays.
  if (kept && HASHED.test(new URL(request.url).pathname)) return kept;
  try {
    const answer = await fetch(request);
    if (answer.ok) cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE).then((page) => page ?? Response.error())));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(fromStatic(request));
  }
});
