// The service worker keeps the shell and the page for the time without a connection. Nothing personal.
const url = document.body.dataset.sw;

if (url && "serviceWorker" in navigator && isSecureContext) {
  addEventListener("load", () => navigator.serviceWorker.register(url).catch(() => {}), { once: true });
}
