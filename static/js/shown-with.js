// A part of a form that only one choice uses: data-shown-with="name of the choice" data-shown-for="value". What needs
// mending stays in view; without scripts everything is there, and its hint says what it is for.
for (const part of document.querySelectorAll("[data-shown-with]")) {
  const { form } = part.querySelector("input, textarea, select");
  const choice = part.dataset.shownWith;
  const match = () => {
    part.hidden = new FormData(form).get(choice) !== part.dataset.shownFor && !part.querySelector("[aria-invalid='true']");
  };
  form.addEventListener("change", match);
  match();
}
