import { expect, test } from "vitest";
import { settingsProblems } from "./lib";

const power = { watts: 40, price: null, currency: "€" };
const good = {
  locale: "en",
  theme: "system",
  person: "Mina",
  role: "admin",
  undoSeconds: 10,
  paceWords: true,
  power,
  keys: {},
} as const;
const hub = (address: string) => ({ ...good, hub: { on: true, address } });
const fine = hub("https://hub.example");
test.each([
  [fine, []],
  [{ ...fine, person: " " }, ["person"]],
  [{ ...fine, undoSeconds: 3601 }, ["undoSeconds"]],
  [{ ...fine, undoSeconds: NaN }, ["undoSeconds"]],
  [{ ...fine, power: { ...power, watts: 0 } }, ["watts"]],
  [{ ...fine, power: { ...power, watts: NaN } }, ["watts"]],
  [{ ...fine, power: { ...power, price: 0.31 } }, []],
  [{ ...fine, power: { ...power, price: -1 } }, ["price"]],
  [{ ...fine, power: { ...power, price: NaN } }, ["price"]],
  [{ ...fine, power: { ...power, currency: " " } }, ["currency"]],
  [hub("http://127.0.0.1:8000/mirror"), []],
  [hub("http://hub.example"), ["hubAddress"]],
  [hub("hub.example"), ["hubAddress"]],
  [hub("https://"), ["hubAddress"]],
])("settings %#", (settings, wrong) => {
  const problems = settingsProblems(settings);
  expect(Object.entries(problems).flatMap(([field, is]) => (is ? [field] : []))).toEqual(wrong);
});
