// Asks for a part of the page anew each time the server says that something changed.
const part = document.querySelector("[data-live]");
if (part) {
  let busy = false;
  new EventSource("/live").addEventListener("changed", async () => {
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(part.dataset.live);
      if (answer.ok) part.innerHTML = await answer.text();
    } finally {
      busy = false;
    }
  });
}
