// How long the list takes from what a person asks of it (a tab, an order, a filter, a search, a place further down) until its rows are painted.
// What is asked again before they are there counts from the newest time. Once per page.
if (window.__lists) return;
window.__lists = [];
let asked = null;
const rows = () => Array.from(document.querySelectorAll("[data-testid=queue-row]"), (row) => row.dataset.item).join();
const ask = (event) => {
  if (!event.target.closest?.("[data-testid=queue]")) return;
  const begun = asked !== null;
  asked = { start: event.timeStamp, before: begun ? asked.before : rows() };
  if (begun) return;
  const frame = () => {
    const now = rows();
    if (now === "" || now === asked.before) return requestAnimationFrame(frame);
    // This frame has the rows; a message is heard after it was painted.
    const painted = new MessageChannel();
    painted.port1.onmessage = () => {
      window.__lists.push(performance.now() - asked.start);
      asked = null;
    };
    painted.port2.postMessage(null);
  };
  requestAnimationFrame(frame);
};
for (const kind of ["change", "input", "click", "scroll"]) addEventListener(kind, ask, true);
