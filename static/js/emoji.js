// Emoji as a tab of a picker: by kind, in the skin that one chose, and put where one writes.
import { make } from "./picker.js";
import { t } from "./strings.js";

const TONES = ["", "\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"];
const KEPT = `skin:${document.body.dataset.me ?? ""}`;

let tone = localStorage.getItem(KEPT) ?? "";

/** The tab; `url` is that of emoji.json, `face` its picture. `changed()` is called when another skin is chosen. */
export async function emojiTab(url, face, changed) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(answer.statusText);
  const groups = Object.entries(await answer.json()).map(([key, rows]) => ({
    label: t(`emoji_${key}`),
    items: rows.map(([plain, words, toned]) => item(plain, words, Boolean(toned))),
  }));
  return { key: "emoji", label: t("emoji"), face, groups, extra: skins(changed) };
}

function item(plain, words, toned) {
  const text = () => (toned ? inTone(plain) : plain);
  return {
    key: plain,
    label: words,
    words: `${words} ${plain}`,
    get said() {
      return text();
    },
    text,
    // Who listens hears an emoji by its name in their own language; the words here are for the eye and for search.
    make: () => make("span", "emoji", { textContent: text() }),
  };
}

function inTone(plain) {
  const [first, ...rest] = [...plain];
  return first + tone + (tone ? rest.filter((part) => part !== "\ufe0f") : rest).join("");
}

function skins(changed) {
  const choice = make("select", "inp skins", { attributes: { "aria-label": t("emoji_skin") } });
  choice.append(...TONES.map((value) => make("option", "", { value, textContent: `✋${value}`, selected: value === tone })));
  choice.addEventListener("change", () => {
    tone = choice.value;
    localStorage.setItem(KEPT, tone);
    changed();
  });
  return choice;
}

/** Puts a text where the caret of a field is, as if it had been typed there. */
export function insert(field, text) {
  const at = field.selectionStart ?? field.value.length;
  const room = field.maxLength < 0 || field.value.length + text.length <= field.maxLength;
  if (!room) return;
  field.setRangeText(text, at, field.selectionEnd ?? at, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
