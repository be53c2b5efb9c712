// Glue between htmx and the house: CSRF, plain words on failure, a line at the top while one waits, retry in lists.
import { csrf, explain, parseProblem } from "./http.js";
import { ask } from "./dialog.js";
import { t } from "./strings.js";
import { toast } from "./toast.js";

let waiting = 0;
const wait = (step) => {
  waiting = Math.max(0, waiting + step);
  document.documentElement.classList.toggle("is-loading", waiting > 0);
};

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") detail.headers["X-CSRFToken"] = csrf();
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  wait(1);
  detail.elt.setAttribute?.("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  wait(-1);
  detail.elt.removeAttribute?.("aria-busy");
});

function failed(elt, status, problem, retryAfter) {
  const pager = elt.closest?.("[data-pager] a");
  // The list stays as it is; the same link asks again, only by hand now.
  if (pager) pager.lastChild.textContent = t("retry");
  toast({ text: explain(status, problem, retryAfter), kind: "error" });
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  const { xhr } = detail;
  const problem = parseProblem(xhr.responseText, xhr.getResponseHeader("Content-Type"));
  failed(detail.elt, xhr.status, problem, Number(xhr.getResponseHeader("Retry-After")) || 0);
});

document.addEventListener("htmx:sendError", ({ detail }) => failed(detail.elt, 0));
document.addEventListener("htmx:timeout", ({ detail }) => failed(detail.elt, 0));

document.addEventListener("htmx:confirm", (event) => {
  const { question, issueRequest } = event.detail;
  if (!question) return;
  event.preventDefault();
  ask({ title: question }).then((yes) => yes && issueRequest(true));
});
