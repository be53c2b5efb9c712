// What waits or was refused is seen everywhere: its number at the top when it takes long, in the list of conversations,
// and said when it happens where nobody looks. On pages without a chat it is loaded only while something waits.
import * as outbox from "./chat-outbox.js";
import { isLoose } from "./chat-store.js";
import { unsent } from "./connection.js";
import "./leaving.js"; // without a connection it could not come when it is needed
import { t } from "./strings.js";
import { toast } from "./toast.js";

const me = document.body.dataset.me;

async function show() {
  const items = await outbox.waiting();
  const waits = items.filter(({ state }) => state !== "failed");
  unsent(words(waits.length), isLoose());
  remember(waits.length > 0);
  if (isLoose()) addEventListener("beforeunload", ask);
  else removeEventListener("beforeunload", ask);
  for (const row of document.querySelectorAll("[data-inbox] [data-conv]")) mark(row, items);
}

function words(count) {
  if (!count) return "";
  const number = count === 1 ? t("unsent_one") : t("unsent", { n: count });
  return isLoose() ? `${number} ${t("unsent_loose")}` : number;
}

/** Other pages look there before they load all this. */
function remember(something) {
  try {
    if (something) localStorage.setItem(`unsent:${me}`, "1");
    else localStorage.removeItem(`unsent:${me}`);
  } catch {
    // A full disk: the next page of the chat sends it.
  }
}

// What stands in this page only goes with it.
const ask = (event) => event.preventDefault();

/** The row of a conversation says that one's last words are not there yet; what failed comes first. */
function mark(row, items) {
  const theirs = items.filter(({ conversation }) => conversation === Number(row.dataset.conv));
  const item = theirs.find(({ state }) => state === "failed") ?? theirs.at(-1);
  let note = row.querySelector("[data-unsent]");
  if (!item) {
    note?.remove();
    return;
  }
  if (!note) {
    note = document.createElement("span");
    note.dataset.unsent = "";
    row.querySelector(".last").prepend(note);
  }
  const state = document.createElement("span");
  state.className = item.state === "failed" ? "draft" : "";
  state.textContent = t(item.state === "failed" ? "not_sent" : "on_its_way");
  note.replaceChildren(state, ` ${item.text || t("unsent_other")}`);
}

function changed({ state, item }) {
  show();
  const open = document.querySelector("[data-thread]")?.dataset.conversation;
  if (state !== "failed" || document.hidden || Number(open) === item.conversation) return;
  const action = { label: t("look"), href: `/chat/${Number(item.conversation)}/` };
  toast({ text: `${t("not_sent")} ${item.reason}`, kind: "error", action });
}

document.addEventListener("inserted", show); // the list came anew
outbox.onChange(changed);
show();
