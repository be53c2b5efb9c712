// Polls: a vote counts at once, and what others vote is seen while one looks. Without script the same forms reload the page.
import { getFragment, introduce, postFragment } from "./fragment.js";
import { socket } from "./socket.js";
import { t } from "./strings.js";
import { complain } from "./toast.js";

const LONGEST_WAIT = 2 ** 31 - 1;
const SHORTEST_WAIT = 5000; // where the clock here is ahead
const pollOf = (id) => document.getElementById(`poll-${id}`);

function put(old, fresh) {
  const held = old.contains(document.activeElement);
  old.replaceWith(fresh);
  introduce(fresh);
  if (held) fresh.focus({ preventScroll: true });
}

async function refresh(id) {
  const [card] = await getFragment(`/posts/${id}/`);
  const [old, fresh] = [pollOf(id), card?.querySelector("[data-poll]")];
  if (old && fresh) put(old, fresh);
}

const say = (number, one, many) => (number === 1 ? t(one) : t(many, { n: number }));

/** How a poll stands. `whole`: as it is for this reader, who may see less or more of it than what is on the page. */
export function showPoll({ post, voters, votes }, { whole = false } = {}) {
  const poll = pollOf(post);
  if (!poll || poll.querySelector("[aria-busy]")) return;
  const bars = poll.querySelector("[data-bars]");
  if (whole && Boolean(votes) !== Boolean(bars)) {
    refresh(post).catch(() => {}); // the next look shows it
    return;
  }
  const words = poll.querySelector("[data-voters]");
  words.textContent = poll.hasAttribute("data-multiple") ? say(voters, "voter_one", "voters") : say(voters, "vote_one", "votes");
  if (!votes || !bars) return;
  for (const [place, row] of [...bars.children].entries()) {
    const percent = voters ? Math.round((100 * votes[place]) / voters) : 0;
    row.querySelector("progress").value = percent;
    row.querySelector("[data-percent]").textContent = `${percent}%`;
    row.querySelector("[data-votes]").textContent = `, ${say(votes[place], "vote_one", "votes")}`;
  }
}

socket.on("post.poll", (counts) => showPoll(counts));

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target.closest?.("[data-vote]");
    if (!form) return;
    event.preventDefault();
    const poll = form.closest("[data-poll]");
    if (form.getAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    try {
      const [fresh] = await postFragment(form.action, new FormData(form, event.submitter));
      put(poll, fresh);
    } catch (error) {
      complain(error);
      if (error.status === 409) refresh(poll.dataset.poll).catch(() => {});
    } finally {
      form.removeAttribute("aria-busy");
    }
  },
  true,
);

// -- The end ---------------------------------------------------------------------------------------------------------------

function meet(root) {
  const polls = root.matches?.("[data-ends]") ? [root] : root.querySelectorAll?.("[data-ends]") ?? [];
  for (const poll of polls) {
    const left = new Date(poll.dataset.ends) - Date.now() + 1000;
    if (left < LONGEST_WAIT) setTimeout(() => poll.isConnected && refresh(poll.dataset.poll).catch(() => {}), Math.max(left, SHORTEST_WAIT));
  }
}

meet(document.body);
document.addEventListener("inserted", (event) => meet(event.target));
document.addEventListener("htmx:load", (event) => meet(event.detail.elt));
