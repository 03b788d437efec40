// The theme, before the first paint: dark unless the reader chose light.
//
//   localStorage["orderwire-theme"] ──▶ <html data-theme="dark|light"> ──▶ colours in theme.css
//
// A classic script in <head>, not a module: modules run after the first paint, and the page would
// flash dark before it turns light.

(() => {
  const KEY = "orderwire-theme";
  const root = document.documentElement;

  const saved = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is barred in this browser: the choice lasts as long as the page
    }
  };

  const keep = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // as above
    }
  };

  const show = (theme) => {
    root.dataset.theme = theme;
  };

  show(saved() === "light" ? "light" : "dark");

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (button === null) return; // a page that only follows the choice
    const name = () => {
      const other = root.dataset.theme === "dark" ? "light" : "dark";
      button.setAttribute("aria-label", `Switch to the ${other} theme`);
      button.title = `Switch to the ${other} theme`;
    };
    name();
    button.addEventListener("click", () => {
      show(root.dataset.theme === "dark" ? "light" : "dark");
      keep(root.dataset.theme);
      name();
    });
  });
})();
