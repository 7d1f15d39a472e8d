// A page beside the console, in a tab of its own: the console goes on to sound while it is read.

/** Links to the console lead to the one that is open, instead of to a second one in its place. */
export function leadBack() {
  addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href="/"], a[href^="/#"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !isConsole(window.opener)) return;
    event.preventDefault();
    if (link.hash) window.opener.location.hash = link.hash;
    window.close();
  });
}

function isConsole(page) {
  try {
    return Boolean(page) && !page.closed && page.location.origin === location.origin && page.location.pathname === "/";
  } catch {
    return false; // it has gone to another site
  }
}
