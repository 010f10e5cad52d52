import { expect, test } from "vitest";
import { settingsProblems } from "./lib";

const good = { locale: "en", theme: "system", person: "Mina", role: "admin", undoSeconds: 10 } as const;
test.each([
  [good, false, false],
  [{ ...good, person: " " }, true, false],
  [{ ...good, undoSeconds: 3601 }, false, true],
  [{ ...good, undoSeconds: NaN }, false, true],
])("settings %#", (settings, person, undoSeconds) =>
  expect(settingsProblems(settings)).toEqual({ person, undoSeconds }),
);
