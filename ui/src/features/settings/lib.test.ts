import { expect, test } from "vitest";
import { settingsProblems } from "./lib";

const good = { locale: "en", theme: "system", person: "Mina", role: "admin", undoSeconds: 10 } as const;
const hub = (address: string) => ({ ...good, hub: { on: true, address } });
const fine = hub("https://hub.example");
test.each([
  [fine, false, false, false],
  [{ ...fine, person: " " }, true, false, false],
  [{ ...fine, undoSeconds: 3601 }, false, true, false],
  [{ ...fine, undoSeconds: NaN }, false, true, false],
  [hub("http://127.0.0.1:8000/mirror"), false, false, false],
  [hub("http://hub.example"), false, false, true],
  [hub("hub.example"), false, false, true],
  [hub("https://"), false, false, true],
])("settings %#", (settings, person, undoSeconds, hubAddress) =>
  expect(settingsProblems(settings)).toEqual({ person, undoSeconds, hubAddress }),
);
