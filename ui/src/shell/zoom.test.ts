import { expect, test } from "vitest";
import { matches } from "../shortcuts";
import { nextStep, STEPS } from "./zoom";

test("each step leads to its neighbour, and the ends stay", () => {
  expect(nextStep(100, 1)).toBe(110);
  expect(nextStep(100, -1)).toBe(90);
  expect(nextStep(STEPS[0], -1)).toBe(STEPS[0]);
  expect(nextStep(300, 1)).toBe(300);
});
test("the key of the plus sign is one, with Shift or without", () => {
  const press = (key: string, shiftKey = false) => ({
    key,
    code: "",
    ctrlKey: true,
    metaKey: false,
    altKey: false,
    shiftKey,
    isComposing: false,
    keyCode: 0,
    repeat: false,
  });
  expect(matches(press("+", true), "Ctrl++")).toBe(true);
  expect(matches(press("="), "Ctrl+=")).toBe(true);
  expect(matches(press("="), "Ctrl++")).toBe(false);
});
