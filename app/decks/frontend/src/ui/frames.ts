// One loop for everything that is drawn, running only while the decks are in sight.

/** Script time of the last frames in milliseconds, oldest first. */
export const frameTimes: number[] = [];
const KEPT = 3600; // a minute at 60 Hz

/** Calls `draw` on every frame while the element is on screen; returns how to stop. */
export function whileSeen(element: Element, draw: () => void): () => void {
  let frame = 0;
  const run = () => {
    const started = performance.now();
    frame = requestAnimationFrame(run);
    draw();
    frameTimes.push(performance.now() - started);
    if (frameTimes.length > KEPT) frameTimes.splice(0, frameTimes.length - KEPT);
  };
  const watcher = new IntersectionObserver((entries) => {
    cancelAnimationFrame(frame);
    // a hidden tab gets no frames from the browser anyway
    if (entries.at(-1)?.isIntersecting) frame = requestAnimationFrame(run);
  });
  watcher.observe(element);
  return () => {
    watcher.disconnect();
    cancelAnimationFrame(frame);
  };
}
