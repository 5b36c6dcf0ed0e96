// Notes what happens in a page from its first moment on: run before any script of its own.
(() => {
  const seen = { violations: [], shifts: [], spoken: [], canaryCalls: 0 };
  window.seen = seen;
  // What planted scripts and hostile answers try to call.
  window.canary = () => {
    seen.canaryCalls += 1;
  };

  document.addEventListener('securitypolicyviolation', (event) => {
    seen.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  });

  const named = (node) => `${node?.nodeName}.${node?.className ?? ''}`;
  const placed = ({ x, y, width, height }) => `${x},${y} ${width}x${height}`;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      const moved = sources.map(({ node, previousRect, currentRect }) =>
        `${named(node)} ${placed(previousRect)} -> ${placed(currentRect)}`);
      seen.shifts.push({ value, hadRecentInput, moved });
    }
  }).observe({ type: 'layout-shift', buffered: true });

  const regions = '[aria-live="polite"], [aria-live="assertive"], [role="status"], [role="alert"], [role="log"], output';
  const last = new WeakMap();
  new MutationObserver((mutations) => {
    const elements = mutations.map(({ target }) => (target instanceof Element ? target : target.parentElement));
    for (const region of new Set(elements.map((element) => element?.closest(regions)))) {
      const text = region?.textContent.trim();
      if (!text || last.get(region) === text) continue;
      last.set(region, text);
      seen.spoken.push(text);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
})();
