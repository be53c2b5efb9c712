// Glue between htmx and the house: CSRF, plain words on failure, a line at the top while one waits, retry in lists.
import { csrf, explain, parseProblem } from "./http.js";
import { ask, question } from "./dialog.js";
import { t } from "./strings.js";
import { complain } from "./toast.js";

// -- It comes when somebody is about to use it: most visits never do, and starting it costs a phone a tenth of a second --

const USES = "[hx-get], [hx-post]";
let coming;

function bring() {
  coming ??= new Promise((done, fail) => {
    const begin = () => {
      const script = document.createElement("script");
      script.src = document.querySelector("[data-htmx]").dataset.htmx;
      script.onload = done;
      script.onerror = () => {
        coming = undefined;
        fail(new Error("htmx did not come"));
      };
      document.head.append(script);
    };
    // Between "interactive" and "complete" it would wait for an event that has passed.
    if (document.readyState === "complete") begin();
    else addEventListener("load", begin, { once: true });
  });
  return coming;
}
const soon = () => bring().catch(() => {}); // without it links and forms are plain ones

for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, ({ target }) => target.closest?.(USES) && soon());

const near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && soon(), { rootMargin: "1500px" });
document.querySelectorAll("[hx-trigger*='intersect']").forEach((node) => near.observe(node));

/** What one did before it was there is done as soon as it is. */
async function hold(event, node, again) {
  if (!node || window.htmx) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await soon();
  again(node);
}
/** As without scripts: with what the button says. */
function plainly(form, button) {
  const said = Object.assign(document.createElement("input"), { type: "hidden", name: button?.name ?? "", value: button?.value ?? "" });
  if (said.name) form.append(said);
  form.submit();
}
document.addEventListener(
  "click",
  (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    hold(event, event.target.closest?.("a[hx-get]"), (link) => (window.htmx ? link.click() : location.assign(link.href)));
  },
  true,
);
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest?.("form[hx-get], form[hx-post]");
    hold(event, form, () => (window.htmx ? form.requestSubmit(event.submitter) : plainly(form, event.submitter)));
  },
  true,
);

// -- While it works ------------------------------------------------------------------------------------------------------

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
  complain({ message: explain(status, problem, retryAfter), status });
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  const { xhr } = detail;
  const problem = parseProblem(xhr.responseText, xhr.getResponseHeader("Content-Type"));
  failed(detail.elt, xhr.status, problem, Number(xhr.getResponseHeader("Retry-After")) || 0);
});

document.addEventListener("htmx:sendError", ({ detail }) => failed(detail.elt, 0));
document.addEventListener("htmx:timeout", ({ detail }) => failed(detail.elt, 0));

document.addEventListener("htmx:confirm", (event) => {
  const { question: title, issueRequest, elt } = event.detail;
  if (!title) return;
  event.preventDefault();
  ask(question(elt, title)).then((yes) => yes && issueRequest(true));
});

// -- Where one was: what replaces the pressed piece has the focus; where nothing does, its neighbour has ------------------

let place;
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const around = target.parentElement;
  place = around && target.contains(document.activeElement) ? { around, nth: [...around.children].indexOf(target) } : undefined;
});
document.addEventListener("htmx:afterRequest", () => {
  const { around, nth } = place ?? {};
  place = undefined;
  if (!around) return;
  // After what has come has settled. Nothing comes where a row just goes.
  setTimeout(() => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const heir = around.children[nth] ?? around.lastElementChild;
    (heir?.querySelector("button") ?? around.closest("main"))?.focus({ preventScroll: true });
  }, 40);
});
