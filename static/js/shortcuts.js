// '/' searches, 'n' begins a post, 'g' and a letter goes, '?' shows them all. Never while one writes.
let going = 0;

const writing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

function help() {
  const dialog = document.getElementById("shortcuts");
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (going && Date.now() - going < 1500) {
    going = 0;
    const link = document.querySelector(`.side [data-nav^="${CSS.escape(event.key)}"], .tabs [data-nav^="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (event.key === "g") {
    going = Date.now();
    return;
  }
  if (event.key === "?") {
    event.preventDefault();
    help();
    return;
  }
  // Pages name their own keys: data-shortcut="n" on a field (focus) or a link or button (click).
  const named = [...document.querySelectorAll(`[data-shortcut="${CSS.escape(event.key)}"]`)].filter((one) => one.checkVisibility());
  const field = named.find((one) => one.matches("input, textarea")); // rather here than on another page
  if (!named.length) return;
  event.preventDefault();
  if (field) field.focus();
  else named[0].click();
});
