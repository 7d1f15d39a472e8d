// Dark or light. A classic script in the head, so that no page is painted in the wrong one first. Every page follows its system,
// as it changes, until somebody chooses: dark is there for a control room.
(() => {
  const KEPT = "xinan.theme";
  const root = document.documentElement;

  function chosen() {
    try {
      const value = localStorage.getItem(KEPT);
      return value === "dark" || value === "light" ? value : null;
    } catch {
      return null; // storage is switched off
    }
  }

  const system = matchMedia("(prefers-color-scheme: light)");
  const natural = () => (system.matches ? "light" : "dark");

  function paint(theme) {
    root.dataset.theme = theme;
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", theme === "light" ? "#f2f5f7" : "#0d1217");
  }

  addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-switch='theme']")) return;
    const theme = root.dataset.theme === "light" ? "dark" : "light";
    paint(theme);
    try {
      localStorage.setItem(KEPT, theme);
    } catch {
      // the choice lasts until the page is closed
    }
  });
  const settle = () => paint(chosen() ?? natural());
  system.addEventListener("change", settle);
  settle();
})();
