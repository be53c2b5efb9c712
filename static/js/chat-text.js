// Links in plain text; chat/templatetags/chat.py makes the same ones.
const LINK = /https?:\/\/[^\s<>"'`]+/gi;
const TAIL = /[.,;:!?…)\]}]+$/;

/** Fills a node with a text whose web addresses are links. */
export function fill(node, text) {
  node.replaceChildren();
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const url = found[0].replace(TAIL, "");
    const link = document.createElement("a");
    link.href = url;
    link.rel = "nofollow noopener ugc";
    link.target = "_blank";
    link.textContent = url;
    node.append(text.slice(end, found.index), link);
    end = found.index + url.length;
  }
  node.append(text.slice(end));
}
