// Follows the cluster: when the server says that something changed, the page is asked for again and those of its
// parts that differ are put in place. What a person is typing in, or has the focus in, stays as it is.
"use strict";

(() => {
  const body = document.body;
  const source = body.dataset.live;
  const note = document.getElementById("live");
  const SLOW = 30000;
  let busy = false;
  let again = false;

  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) {
        replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
    } catch {
      // The next change, or the next look, tries again.
    }
    busy = false;
    if (again) {
      again = false;
      refresh();
    }
  };

  const replace = (page) => {
    for (const part of document.querySelectorAll("[data-part]")) {
      const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (fresh && !typing(part) && shape(fresh) !== shape(part)) {
        const kept = focused(part);
        const placed = document.importNode(fresh, true);
        for (const open of part.querySelectorAll("details[open][id]")) {
          placed.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
        }
        part.replaceWith(placed);
        if (kept) {
          document.querySelector(kept)?.focus({ preventScroll: true });
        }
      }
    }
  };

  // What the server has sent, whatever a person has opened since.
  const shape = (part) => part.outerHTML.replaceAll(/ open=""/g, "");

  const typing = (part) => part.contains(document.activeElement) && document.activeElement.closest("form");

  const focused = (part) => {
    const active = document.activeElement;
    if (!part.contains(active)) {
      return null;
    }
    if (active.hasAttribute("href")) {
      return `[data-part="${part.dataset.part}"] a[href="${CSS.escape(active.getAttribute("href"))}"]`;
    }
    const details = active.closest("details[id]");
    return details ? `#${CSS.escape(details.id)} > summary` : null;
  };

  const poll = () => {
    note.textContent = body.dataset.liveLost;
    setInterval(refresh, SLOW);
  };

  const follow = () => {
    const stream = new EventSource(source);
    stream.addEventListener("changed", refresh);
    stream.addEventListener("ended", () => {
      stream.close();
      poll();
    });
    stream.addEventListener("open", () => {
      note.textContent = "";
    });
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) {
        poll();
      }
    });
  };

  if (source) {
    follow();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = button.dataset.done;
    }
  });
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
  }
})();
