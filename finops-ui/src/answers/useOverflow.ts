import { useLayoutEffect, useRef, useState } from 'react';

/** Whether a box holds more than it shows: it then has to be reached by keyboard, to be scrolled. */
export function useOverflow() {
  const box = useRef<HTMLDivElement>(null);
  const [isWide, setIsWide] = useState(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setIsWide(element.scrollWidth > element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, isWide };
}
