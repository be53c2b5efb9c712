// Deleting drafts at once, with the way back: what was one is saved again as it was. Without script the site asks first.
import { introduce, nodes } from "./fragment.js";
import { del, get, post, request } from "./http.js";
import { complain, offerUndo } from "./toast.js";

const SOON = 90000; // the site takes no time that is nearer than a minute

async function renew() {
  const page = nodes(await request(location.href, { headers: { Accept: "text/html" } }));
  const fresh = page.map((node) => node.querySelector("[data-drafts]")).find(Boolean);
  document.querySelector("[data-drafts]").replaceWith(fresh);
  introduce(fresh);
  fresh.focus({ preventScroll: true });
}

function again({ parts, pictures, publish_at: moment, ...draft }) {
  const held = pictures.map(({ key, alt }) => ({ key, alt }));
  const later = moment && new Date(moment) - Date.now() > SOON ? moment : null;
  const { text, audience, show_preview, client_id, in_composer } = draft;
  return { ...parts, text, audience, show_preview, client_id, in_composer, pictures: held, publish_at: later };
}

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target.closest("[data-delete-draft]");
    if (!form) return;
    event.preventDefault();
    const row = form.closest("li");
    row.hidden = true;
    try {
      const draft = await get(form.dataset.deleteDraft);
      await del(form.dataset.deleteDraft);
      const back = () => post(form.dataset.drafts, again(draft)).then(renew).catch(complain);
      offerUndo(form.dataset.said, back);
      await renew();
    } catch (error) {
      row.hidden = false;
      complain(error);
    }
  },
  true,
);
