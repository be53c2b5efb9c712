// Light, dark, or as the device says: a cookie that the server reads, and at once on this page.
const root = document.documentElement;
const PAPER = { light: "#f9f6f1", dark: "#13110e" };
const YEAR = 31536000;

export const current = () => root.dataset.theme ?? "";

export function setTheme(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `theme=${theme};path=/;max-age=${theme ? YEAR : 0};samesite=lax${secure}`;
  paint();
}

function paint() {
  const theme = current();
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    meta.content = PAPER[theme || (meta.media.includes("dark") ? "dark" : "light")];
  }
  for (const button of document.querySelectorAll("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === theme));
  }
}

document.addEventListener("click", (event) => {
  const set = event.target.closest("[data-theme-set]");
  if (set) setTheme(set.dataset.themeSet);
  if (event.target.closest("[data-theme-next]")) {
    const dark = current() ? current() === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    setTheme(dark ? "light" : "dark");
  }
});

paint();
