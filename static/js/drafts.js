// Half-written comments stay in this browser until they are sent, or until one logs out (leaving.js). So does what stands
// in the composer, until the site has it (composer-draft.js).
const PREFIX = "draft:comment:";

const keyOf = (form) => `${PREFIX}${document.body.dataset.me}:${form.elements.post.value}:${form.elements.parent.value}`;

export function keepDraft(form) {
  const words = form.elements.text.value;
  if (words.trim()) localStorage.setItem(keyOf(form), words);
  else localStorage.removeItem(keyOf(form));
}

/** Puts back what was begun, unless something stands there already. */
export function bringDraft(form) {
  const area = form.elements.text;
  if (!area.value) area.value = localStorage.getItem(keyOf(form)) ?? "";
}

export const dropDraft = (form) => localStorage.removeItem(keyOf(form));
