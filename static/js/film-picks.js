// Videos and sounds among what is chosen for a post: which may come, how far the site is with them.
import { post } from "./http.js";
import { t } from "./strings.js";

const KINDS = [/^image\//, /^(video|audio)\//];
const NAMES = [/\.(heic|heif|avif)$/i, /\.(mp4|m4v|mov|webm|mkv|mp3|m4a|ogg|oga|wav)$/i];

const is = (file, kind) => KINDS[kind].test(file.type) || (!KINDS[1 - kind].test(file.type) && NAMES[kind].test(file.name));

export const isFilm = (file) => is(file, 1);

/** Why this file cannot join the others, in words; empty when it can. A post shows pictures, or one video or sound. */
export function refusal(file, others, films) {
  if (isFilm(file) && films) return others.length ? t("film_alone") : "";
  if (!is(file, 0)) return t(films ? "not_a_file" : "not_a_picture");
  return others.some((one) => one.isFilm) ? t("film_alone") : "";
}

/** The bar goes on with what the site says of preparing it. */
export function showProgress(bar, { progress, medium }) {
  if (medium === "picture" || !progress) return;
  bar.value = progress;
}

/** True when the site tries again with what it has, so that nothing is sent twice. */
export async function retryThere(url, answer) {
  if (!answer?.can_retry) return null;
  return post(`${url}/${answer.key}/retry`);
}
