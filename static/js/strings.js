// Words in the reader's language: every <script type="application/json" id="strings-..."> on the page, merged.
let words;

export function t(key, values = {}) {
  if (!words) {
    words = {};
    for (const block of document.querySelectorAll('script[type="application/json"][id^="strings-"]')) {
      Object.assign(words, JSON.parse(block.textContent));
    }
  }
  let text = words[key] ?? key;
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`{${name}}`, value);
  return text;
}
