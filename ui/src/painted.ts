// When the frame that is being made has been painted: for what can wait until the person sees what they asked for.
// Invariant: it ends soon, also in a window that nobody sees and that is not painted; nothing that must be kept waits for it.

/** Ten frames missed: the window is hidden, or very busy (ms). */
const LATEST_MS = 170;

export function painted(): Promise<void> {
  return new Promise((done) => {
    const late = setTimeout(done, LATEST_MS);
    requestAnimationFrame(() => {
      // What is asked for in a frame is heard after it.
      setTimeout(() => {
        clearTimeout(late);
        done();
      });
    });
  });
}
