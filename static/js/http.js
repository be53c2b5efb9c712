// fetch for our own server: CSRF, JSON both ways, refusals as plain words.
import { t } from "./strings.js";

/** A refusal or a failure, with a message one can show. `status` is 0 when the site did not answer. */
export class HttpError extends Error {
  constructor(message, { status = 0, field = "", retryAfter = 0, problem = null } = {}) {
    super(message);
    this.status = status;
    this.field = field;
    this.retryAfter = retryAfter;
    this.problem = problem;
  }
}

export const csrf = () =>
  document.body.dataset.csrf ?? document.querySelector('input[name="csrfmiddlewaretoken"]')?.value ?? "";

/** Plain words for an answer that says no (RFC 9457 problem, or just a status). */
export function explain(status, problem, retryAfter = 0) {
  if (status === 429) return t("too_many", { n: retryAfter || 60 });
  if (problem?.detail) return problem.detail;
  if (status === 0) return t(navigator.onLine ? "unreachable" : "offline");
  if (status === 401) return t("signed_out");
  if (status === 403) return t("forbidden");
  if (status === 404 || status === 410) return t("gone");
  if (status === 413) return t("too_large");
  return t("failed");
}

export function parseProblem(text, type) {
  if (!/[/+]json\b/.test(type ?? "")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// What one has just pressed is done also when one goes on to another page at once. Browsers keep little this way.
const KEPT = 8000; // characters
const isSmall = (body) => !body || (typeof body === "string" && body.length < KEPT) || isShort(body);
const isShort = (body) =>
  (body instanceof FormData || body instanceof URLSearchParams) &&
  [...body].every(([, value]) => typeof value === "string" && value.length < KEPT / 4) &&
  [...body].length < 20;

/** `body` may be FormData, URLSearchParams, a Blob or a plain object (sent as JSON). Answers JSON, text or null. */
export async function request(url, { method = "GET", body, headers = {}, signal, keepalive } = {}) {
  const head = new Headers({ Accept: "application/json", ...headers });
  const writes = method !== "GET" && method !== "HEAD";
  if (writes) head.set("X-CSRFToken", csrf());
  if (body && Object.getPrototypeOf(body) === Object.prototype) {
    head.set("Content-Type", "application/json");
    body = JSON.stringify(body);
  }
  keepalive ??= writes && isSmall(body);
  let response;
  try {
    response = await fetch(url, { method, body, headers: head, signal, keepalive, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new HttpError(explain(0));
  }
  const text = response.status === 204 ? "" : await response.text();
  const type = response.headers.get("Content-Type");
  if (!response.ok) {
    const problem = parseProblem(text, type);
    const retryAfter = Number(response.headers.get("Retry-After")) || 0;
    const { status } = response;
    throw new HttpError(explain(status, problem, retryAfter), { status, field: problem?.field, retryAfter, problem });
  }
  if (!text) return null;
  return /[/+]json\b/.test(type ?? "") ? JSON.parse(text) : text;
}

export const get = (url, options) => request(url, options);
export const post = (url, body, options) => request(url, { method: "POST", body, ...options });
export const del = (url, options) => request(url, { method: "DELETE", ...options });
