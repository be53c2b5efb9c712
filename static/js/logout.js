// Logging out: leaving.js, loaded when it is needed, offers what is not sent yet, and empties the browser afterwards.
const me = document.body.dataset.me;
const sure = new WeakSet();
let asking = false;

document.addEventListener(
  "submit",
  async (event) => {
    const { target: form, submitter } = event;
    if (form.getAttribute("action") !== "/logout/" || sure.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking) return;
    asking = true;
    const leaves = await import("./leaving.js").then(({ offer }) => offer()).catch(() => true);
    asking = false;
    if (!leaves) return;
    sure.add(form);
    form.requestSubmit(submitter);
  },
  true,
);

// Only a page that the site has just made says who is logged in: the one kept for the time offline does not.
try {
  const leaving = localStorage.getItem("leaving");
  const isGone = me ? me !== leaving : "visitor" in document.body.dataset;
  if (leaving && isGone) import("./leaving.js").then(({ empty }) => empty(leaving));
} catch {
  // Nothing is kept here.
}
