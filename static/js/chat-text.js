// Links in plain text, and emoji that stand alone; chat/templatetags/chat.py makes the same ones.
import { t } from "./strings.js";

const LINK = /https?:\/\/[^\s<>"'`]+/gi;
const TAIL = /[.,;:!?…)\]}]+$/;
const PICTURE =
  "(?:[\\u231a\\u231b\\u23e9-\\u23ec\\u23f0\\u23f3\\u25fd\\u25fe\\u2614\\u2615\\u2648-\\u2653\\u267f\\u2693\\u26a1\\u26aa\\u26ab" +
  "\\u26bd\\u26be\\u26c4\\u26c5\\u26ce\\u26d4\\u26ea\\u26f2\\u26f3\\u26f5\\u26fa\\u26fd\\u2705\\u270a\\u270b\\u2728\\u274c\\u274e" +
  "\\u2753-\\u2755\\u2757\\u2795-\\u2797\\u27b0\\u27bf\\u2b1b\\u2b1c\\u2b50\\u2b55\\u{1f004}\\u{1f0cf}\\u{1f18e}" +
  "\\u{1f191}-\\u{1f19a}\\u{1f201}-\\u{1f251}\\u{1f300}-\\u{1f3fa}\\u{1f400}-\\u{1f64f}\\u{1f680}-\\u{1f6ff}" +
  "\\u{1f7e0}-\\u{1f7f0}\\u{1f900}-\\u{1f9ff}\\u{1fa70}-\\u{1faff}][\\ufe0f\\u{1f3fb}-\\u{1f3ff}]?" +
  "|[\\u00a9\\u00ae\\u203c-\\u3299\\u{1f170}-\\u{1f17f}][\\ufe0f\\u{1f3fb}-\\u{1f3ff}])";
const EMOJI =
  "(?:[\\u{1f1e6}-\\u{1f1ff}]{2}|[0-9#*]\\ufe0f?\\u20e3" +
  `|${PICTURE}(?:[\\u{e0020}-\\u{e007e}]+\\u{e007f})?(?:\\u200d${PICTURE})*)`;
const FEW_EMOJI = new RegExp(`^${EMOJI}(?: ?${EMOJI}){0,2}$`, "u");
const LONGEST_EMOJI = 100;

/** Up to three emoji and nothing else: they are shown large. */
export const isFewEmoji = (text) => [...text].length < LONGEST_EMOJI && FEW_EMOJI.test(text);

/** What a message says, into its bubble: a sticker and a few emoji stand without one. */
export function say(node, { text, sticker }) {
  const bubble = node.querySelector(".bub");
  const words = node.querySelector("[data-text]");
  bubble.classList.toggle("bare", Boolean(sticker) || isFewEmoji(text));
  bubble.classList.toggle("big", !sticker && isFewEmoji(text));
  if (!sticker) return fill(words, text);
  const picture = Object.assign(new Image(160, 160), { className: "stk", src: sticker.url, alt: t("sticker", { name: sticker.name }) });
  return words.replaceChildren(picture);
}

/** Fills a node with a text whose web addresses are links. */
function fill(node, text) {
  node.replaceChildren();
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const url = found[0].replace(TAIL, "");
    const link = document.createElement("a");
    link.href = url;
    link.rel = "nofollow noopener ugc";
    link.target = "_blank";
    link.textContent = url;
    node.append(text.slice(end, found.index), link);
    end = found.index + url.length;
  }
  node.append(text.slice(end));
}
