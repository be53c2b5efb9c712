// The number at a room in the navigation.
import { t } from "./strings.js";

export function showBadge(room, count) {
  for (const link of document.querySelectorAll(`[data-nav="${room}"]`)) {
    link.querySelector(".count")?.remove();
    if (!count) continue;
    const badge = document.createElement("span");
    badge.className = "count";
    badge.innerHTML = '<span aria-hidden="true"></span><span class="vh"></span>';
    badge.firstElementChild.textContent = count > 99 ? "99+" : String(count);
    badge.lastElementChild.textContent = `${count} ${t("new")}`;
    link.append(badge);
  }
}
