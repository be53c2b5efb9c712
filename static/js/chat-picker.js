// Emoji and stickers beside the line one writes into. Nothing of it is loaded before it is opened for the first time.
import { emojiTab, insert } from "./emoji.js";
import { get } from "./http.js";
import { Picker, make } from "./picker.js";
import { complain } from "./toast.js";

let picker;
let loading;

export async function toggle(opener, form, thread) {
  if (picker?.isOpen) return picker.close();
  loading ??= build(opener, form);
  try {
    picker = await loading;
  } catch (error) {
    loading = undefined; // the next press tries again
    return complain(error);
  }
  const there = thread?.atEnd(); // on a phone the sheet takes room from what one reads
  picker.open();
  if (there) thread.toEnd();
  return undefined;
}

async function build(opener, form) {
  const area = form.elements.text;
  const mayStick = "stickers" in opener.dataset;
  let typed = false;
  const [emoji, packs] = await Promise.all([
    emojiTab(opener.dataset.emoji, opener.querySelector("svg").cloneNode(true), () => picker.fill()),
    mayStick ? get("/api/v1/stickers").then(({ results }) => results) : [],
  ]);
  const onPick = (item) => {
    if (item.sticker) {
      picker.close(false);
      form.dispatchEvent(new CustomEvent("chat-sticker", { detail: item.sticker }));
      return;
    }
    typed = true;
    insert(area, item.text());
  };
  const back = () => {
    (typed ? area : opener).focus();
    typed = false;
  };
  const hold = document.querySelector("[data-picker-hold]");
  aboveKeyboard(hold);
  return new Picker({ opener, hold, label: opener.getAttribute("aria-label"), tabs: [emoji, ...packs.map(stickerTab)], onPick, back });
}

function stickerTab({ key, name, stickers }) {
  const face = make("img", "", { src: stickers[0].url, alt: "", width: 28, height: 28 });
  const items = stickers.map((sticker) => ({
    key: sticker.id,
    label: sticker.name,
    words: `${sticker.name} ${name}`,
    sticker,
    make: () => make("img", "", { src: sticker.url, alt: sticker.name, width: 72, height: 72, loading: "lazy" }),
  }));
  return { key: `stickers-${key}`, label: name, face, size: "wide", groups: [{ label: name, items }] };
}

/** On a phone the keyboard lies over the page: while one searches, the sheet stands above it. */
function aboveKeyboard(hold) {
  const seen = window.visualViewport;
  seen?.addEventListener("resize", () => {
    const covered = Math.max(0, innerHeight - seen.height - seen.offsetTop);
    hold.style.setProperty("--covered", `${covered}px`);
  });
}
