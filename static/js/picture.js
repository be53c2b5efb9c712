// Shows a picture's own colour (data-color) until it has come. Through the CSSOM, which the CSP allows.
const color = (image) => {
  if (image.complete) return;
  image.style.backgroundColor = image.dataset.color;
  const away = () => image.style.removeProperty("background-color");
  image.addEventListener("load", away, { once: true });
  image.addEventListener("error", away, { once: true });
};

const within = (root) => {
  if (root.matches?.("img[data-color]")) color(root);
  root.querySelectorAll?.("img[data-color]").forEach(color);
};

within(document);
new MutationObserver((changes) => changes.forEach((one) => one.addedNodes.forEach(within))).observe(document.body, {
  childList: true,
  subtree: true,
});
