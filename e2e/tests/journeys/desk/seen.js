// What the reviewer saw: each key with what stood on the screen when it was pressed, and how long it took from there until
// the next item was painted. Once per page.
if (window.__seen) return;
window.__seen = [];
window.__look = () => {
  const desk = document.querySelector("[data-testid=desk]");
  const approve = document.querySelector("[data-testid=approve]");
  return {
    item: Number(desk?.dataset.item ?? 0),
    draft: Number(document.querySelector("[data-draft]")?.dataset.draft ?? 0),
    text: document.querySelector("[data-testid=editor]")?.value ?? "",
    decidable: approve !== null && !approve.disabled,
    dialog: document.querySelector("dialog[open]")?.dataset.testid ?? "",
    empty: document.querySelector("[data-testid=queue-empty]") !== null,
  };
};
addEventListener(
  "keydown",
  (event) => {
    const entry = { key: event.key, ctrl: event.ctrlKey, ...window.__look(), painted: null };
    window.__seen.push(entry);
    if (!["a", "s", "Enter"].includes(event.key)) return;
    const start = event.timeStamp;
    let left = 180;
    const frame = () => {
      const now = window.__look();
      if (now.item !== 0 && now.item !== entry.item && now.text !== "") {
        // This frame has the next item; a message is heard after it was painted.
        const painted = new MessageChannel();
        painted.port1.onmessage = () => (entry.painted = performance.now() - start);
        painted.port2.postMessage(null);
      } else if (left-- > 0) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  },
  true,
);
