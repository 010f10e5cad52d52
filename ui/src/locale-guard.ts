// Must be the first import of main.ts. With LANG unset or "C", WebKitGTK reports navigator.language = "C", which Intl
// refuses with a RangeError; a library that formats numbers at import time (uPlot) would leave a blank page.
function valid(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
if (!valid(navigator.language)) {
  Object.defineProperty(navigator, "language", { get: () => "en-US", configurable: true });
  Object.defineProperty(navigator, "languages", { get: () => ["en-US"], configurable: true });
}
export {};
