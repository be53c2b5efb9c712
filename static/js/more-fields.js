// In the composer: as many choices of a poll as are needed. Without script all the fields are there.
const LEAST = 2;

function begin(box) {
  const form = box.closest("form");
  const rows = [...box.querySelectorAll("[data-choice-row]")];
  const add = box.querySelector("[data-choice-add]");
  const shown = () => rows.filter((row) => !row.hasAttribute("data-spare"));
  const field = (row) => row.querySelector("input");

  const show = () => {
    add.hidden = shown().length === rows.length;
    for (const row of rows) row.querySelector("[data-choice-remove]").hidden = shown().length <= LEAST;
  };

  add.addEventListener("click", () => {
    const row = rows.find((one) => one.hasAttribute("data-spare"));
    row.removeAttribute("data-spare");
    show();
    field(row).focus();
  });

  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.name !== "poll") return;
    const here = shown();
    const next = here[here.findIndex((row) => field(row) === event.target) + 1];
    if (next) field(next).focus();
    else if (!add.hidden) add.click();
  });

  box.addEventListener("click", (event) => {
    const row = event.target.closest("[data-choice-remove]")?.closest("[data-choice-row]");
    if (!row) return;
    // What stands below moves up, so that the last field goes.
    const here = shown();
    const at = here.indexOf(row);
    for (const [place, one] of here.entries()) if (place >= at) field(one).value = here[place + 1] ? field(here[place + 1]).value : "";
    here.at(-1).setAttribute("data-spare", "");
    show();
    field(here[Math.min(at, here.length - 2)]).focus();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });

  form.addEventListener("reset", () => {
    for (const row of rows.slice(LEAST)) row.setAttribute("data-spare", "");
    for (const fold of box.querySelectorAll("details")) fold.open = false;
    show();
  });
  show();
}

document.querySelectorAll("[data-extras]").forEach(begin);
