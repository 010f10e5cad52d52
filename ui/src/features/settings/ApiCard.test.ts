import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeBackend } from "../../../dev/fake-backend";
import App from "../../App.svelte";
import { app } from "../../app.svelte";
import { daysWrong, portWrong, stateOf } from "./api";

let backend: FakeBackend;

async function open(role: "admin" | "reviewer" = "admin") {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false });
  backend = new FakeBackend({ filled: true, delay: 1, settings: { role } });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await fireEvent.click(await screen.findByTestId("rail-settings"));
  await screen.findByTestId("api-card");
}
const type = (testid: string, value: string) => fireEvent.input(screen.getByTestId(testid), { target: { value } });

beforeEach(() => open());
afterEach(cleanup);

test("it is off until it is switched on, and then says where it listens", async () => {
  expect(screen.queryByTestId("api-address")).toBeNull();
  await fireEvent.click(screen.getByTestId("api-on"));
  await fireEvent.click(screen.getByTestId("api-apply"));
  await waitFor(() => expect(screen.getByTestId("api-address").textContent).toBe("http://127.0.0.1:4248"));
  expect(backend.localApi.setting).toEqual({ on: true, port: 4248, v6: false });
});

test("a port that is taken is said, and one that is none is not sent", async () => {
  await type("api-port", "80");
  await fireEvent.click(screen.getByTestId("api-apply"));
  expect(screen.getByTestId("api-card").textContent).toContain("from 1024 to 65535");
  expect(backend.calls).not.toContain("api_save");
  await fireEvent.click(screen.getByTestId("api-on"));
  await type("api-port", "8080");
  await fireEvent.click(screen.getByTestId("api-apply"));
  await waitFor(() => expect(screen.getByTestId("api-problem").textContent).toContain("taken by another program"));
});

test("a token is shown once, and revoked by a second click", async () => {
  await fireEvent.click(screen.getByTestId("token-create"));
  expect(backend.calls, "without a name nothing is asked").not.toContain("api_token_create");
  await type("token-name", "shop");
  await type("token-days", "30");
  await fireEvent.click(screen.getByTestId("token-scope-deliver"));
  await fireEvent.click(screen.getByTestId("token-create"));
  await waitFor(() => expect(screen.getByTestId("token-text").textContent).toMatch(/^gait_[0-9a-f]{8}_/));
  expect(backend.localApi.tokens[0]).toMatchObject({ name: "shop", scopes: ["submit", "read"] });
  await fireEvent.click(screen.getByTestId("token-done"));
  expect(screen.queryByTestId("token-text")).toBeNull();
  const revoke = screen.getByTestId("token-revoke-1");
  await fireEvent.click(revoke);
  expect(backend.calls).not.toContain("api_token_revoke");
  await fireEvent.click(revoke);
  await waitFor(() => expect(screen.queryByTestId("token-revoke-1")).toBeNull());
  expect(screen.getByTestId("token-1").textContent).toContain("revoked");
});

test("a reviewer sees it and changes nothing", async () => {
  cleanup();
  await open("reviewer");
  expect(screen.getByTestId("api-apply").hasAttribute("disabled")).toBe(true);
  expect(screen.queryByTestId("token-create")).toBeNull();
});

test("ports, days and states have their bounds", () => {
  expect([1023, 1024, 65_535, 65_536, 80.5, Number.NaN].map(portWrong)).toEqual([true, false, false, true, true, true]);
  expect([null, 0, 1, 3650, 3651, 1.5].map(daysWrong)).toEqual([false, true, false, false, true, true]);
  const token = {
    id: 1,
    name: "a",
    scopes: [],
    createdBy: "A",
    createdAt: 0,
    expiresAt: 10,
    revokedAt: null,
    usedAt: null,
  };
  expect([stateOf(token, 9), stateOf(token, 10), stateOf({ ...token, revokedAt: 5 }, 9)]).toEqual([
    "good",
    "expired",
    "revoked",
  ]);
});
