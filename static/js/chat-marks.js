// Reactions and polls under messages: one's own is seen at once, the others' as they come. Without script the same forms
// reload the page.
import { introduce, openDialog, openHere } from "./fragment.js";
import { request } from "./http.js";
import { t } from "./strings.js";
import { complain } from "./toast.js";

const LOOK = 20_000; // ms between looks whether a poll has ended

/** A known message is another one: numbers are changed where they stand, anything else comes from the site. */
export function changed(thread, node, { seq, rev, only, reactions, poll }) {
  const done = only === "reactions" ? showReactions(node, reactions ?? {}) : only === "votes" && poll && showPoll(node, poll);
  if (done) node.dataset.rev = rev;
  else thread.renew(seq);
}

function showReactions(node, reactions) {
  const bar = node.querySelector("[data-reactions]");
  const chips = new Map([...(bar?.querySelectorAll("[data-kind]") ?? [])].map((chip) => [chip.dataset.kind, chip]));
  if (!bar || Object.keys(reactions).some((kind) => !chips.has(kind))) return false;
  for (const [kind, chip] of chips) {
    if (reactions[kind]) count(chip, reactions[kind]);
    else takeAway(chip, node);
  }
  if (!bar.querySelector("[data-kind]")) bar.remove();
  return true;
}

function takeAway(chip, node) {
  const held = chip === document.activeElement;
  chip.remove();
  if (held) node.querySelector("[data-message]").focus();
}

function count(chip, number) {
  chip.querySelector("[data-n]").textContent = number;
  chip.setAttribute("aria-label", `${chip.dataset.name}: ${number}`);
}

function press(chip, on) {
  chip.classList.toggle("mine", on);
  chip.setAttribute("aria-pressed", String(on));
  chip.value = on ? "" : chip.dataset.kind;
  count(chip, Math.max(0, Number(chip.querySelector("[data-n]").textContent) + (on ? 1 : -1)));
}

/** Of several chips one is one's own at most. */
async function react(form, chip) {
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  const body = new FormData(form, chip); // before it is pressed: its value says what is wanted
  const before = form.querySelector('[aria-pressed="true"]');
  const turned = before === chip ? [chip] : [before, chip].filter(Boolean);
  turned.forEach((one) => press(one, one.getAttribute("aria-pressed") !== "true"));
  try {
    await request(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
  } catch (error) {
    turned.forEach((one) => press(one, one.getAttribute("aria-pressed") !== "true"));
    complain(error);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

const say = (number, one, many) => (number === 1 ? t(one) : t(many, { n: number }));

function showPoll(node, { choices, voters }) {
  const box = node.querySelector("[data-poll]");
  const bars = box?.querySelector("[data-bars]");
  if (!bars || bars.children.length !== choices.length) return false;
  box.querySelector("[data-voters]").textContent = say(voters, "voter_one", "voters");
  for (const [place, row] of [...bars.children].entries()) {
    const { votes } = choices[place];
    const percent = voters ? Math.round((100 * votes) / voters) : 0;
    row.querySelector("progress").value = percent;
    row.querySelector("[data-percent]").textContent = `${percent}%`;
    row.querySelector("[data-votes]").textContent = `, ${say(votes, "vote_one", "votes")}`;
  }
  return true;
}

async function vote(form, submitter) {
  const body = new FormData(form, submitter);
  if (form.getAttribute("aria-busy") || (!body.has("choice") && !body.has("back"))) return;
  form.setAttribute("aria-busy", "true");
  try {
    await request(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
  } catch (error) {
    complain(error);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/** Where the focus is in a message that is about to be drawn anew: call what is returned with the new one. */
export function hold(node) {
  const held = document.activeElement;
  if (!node.contains(held)) return () => {};
  const { kind } = held.dataset;
  const same = kind ? `[data-kind="${CSS.escape(kind)}"]` : held.closest("[data-poll]") ? "[data-poll] summary" : "";
  return (fresh) => {
    const found = (same && fresh.querySelector(same)) || fresh.querySelector("[data-message]");
    found?.focus({ preventScroll: true });
  };
}

export function marks(thread) {
  thread.box.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!form.matches("[data-reactions], [data-vote]")) return;
    event.preventDefault();
    if (form.matches("[data-vote]")) vote(form, submitter);
    else react(form, submitter);
  });
  setInterval(() => {
    for (const poll of thread.box.querySelectorAll("[data-ends]")) {
      if (new Date(poll.dataset.ends) > Date.now()) continue;
      poll.removeAttribute("data-ends");
      thread.renew(Number(poll.closest(".msg").dataset.seq));
    }
  }, LOOK);
}

openHere("a[data-marks-who]", (link, made) => {
  openDialog(link, made, "who-title");
  made.forEach(introduce);
});
