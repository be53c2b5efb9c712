// Half-written comments, and changes of posts, stay in this browser until they are sent, or until one logs out
// (leaving.js). So does what stands in the composer, until the site has it (composer-draft.js).
const keyOf = ({ elements: { post, parent } }) => {
  const { me } = document.body.dataset;
  return parent ? `draft:comment:${me}:${post.value}:${parent.value}` : `draft:edit:${me}:${post.value}`;
};

export function keepDraft(form) {
  const { value, defaultValue } = form.elements.text;
  if (value.trim() && value !== defaultValue) localStorage.setItem(keyOf(form), value);
  else localStorage.removeItem(keyOf(form));
}

/** Puts back what was begun, unless something else was written there meanwhile; says whether there was something. */
export function bringDraft(form) {
  const area = form.elements.text;
  const kept = localStorage.getItem(keyOf(form));
  const brings = Boolean(kept) && area.value === area.defaultValue && (form.elements.parent ? !area.value : kept !== area.value);
  if (brings) area.value = kept;
  return brings;
}

export const dropDraft = (form) => localStorage.removeItem(keyOf(form));
