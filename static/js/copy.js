// What is shown once can be taken along: data-copies="id" copies the field or the list of that id, and says so.
import { toast } from "./toast.js";

function mark(source) {
  if (source.select) {
    source.select();
    return;
  }
  const range = document.createRange();
  range.selectNodeContents(source);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

const words = (source) => source.value ?? [...source.children].map((row) => row.textContent.trim()).join("\n");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(words(source));
    toast(button.dataset.copied);
  } catch {
    mark(source); // without HTTPS there is no clipboard, only the old way
    if (document.execCommand("copy")) toast(button.dataset.copied);
    else toast({ text: button.dataset.marked, kind: "error" });
  }
});
