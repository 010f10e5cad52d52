import { expect, test } from "vitest";
import { nameOf, onThePage } from "./on-the-page";

function page(html: string): HTMLElement {
  const root = document.createElement("main");
  root.innerHTML = html;
  document.body.replaceChildren(root);
  return root;
}
const names = (root: HTMLElement, taken: string[] = []) => onThePage(root, taken).map((a) => a.label);

test("every button, link, field and choice is there under its name", () => {
  const root = page(`
    <button>Verify<kbd>V</kbd></button><a href="#x">Report</a><label for="n">Name</label><input id="n" />
    <select aria-label="Order"><option>Oldest</option><option>Random</option></select>
    <label><input type="checkbox" />Pause</label><button aria-label="Close"><svg></svg></button>`);
  expect(names(root)).toEqual(["Verify", "Report", "Name", "Order: Oldest", "Order: Random", "Pause", "Close"]);
});

test("what cannot be used, rows of a long list, and what is known already are left out", () => {
  const root = page(`
    <button disabled>No</button><button hidden>Hidden</button><button></button>
    <div role="listitem" aria-setsize="9"><button>A row</button></div><button>Approve</button>`);
  expect(names(root, ["approve"])).toEqual([]);
});

test("two of one name are told apart by where they stand", () => {
  const root = page(`
    <section><h2>Starter</h2><button>Verify</button></section><section><h2>Large</h2><button>Verify</button></section>`);
  expect(names(root)).toEqual(["Verify · Starter", "Verify · Large"]);
});

test("calling one by name is a click; a field gets the focus; a choice is made and heard of", () => {
  const root = page(`<button>Go</button><label>Text <input /></label>
    <select aria-label="Order"><option>A</option><option>B</option></select>`);
  const heard: string[] = [];
  root.querySelector("button")?.addEventListener("click", () => heard.push("click"));
  root.querySelector("select")?.addEventListener("change", (e) => heard.push((e.target as HTMLSelectElement).value));
  const actions = onThePage(root, []);
  for (const label of ["Go", "Text", "Order: B"]) actions.find((a) => a.label === label)?.run();
  expect(heard).toEqual(["click", "B"]);
  expect(document.activeElement).toBe(root.querySelector("input"));
});

test("a name is what is read out, without keys and counts beside it", () => {
  const root = page(`<button>Waiting<span class="n">12</span></button><textarea placeholder="Ask"></textarea>`);
  expect([...root.querySelectorAll<HTMLElement>("button, textarea")].map(nameOf)).toEqual(["Waiting", "Ask"]);
});
