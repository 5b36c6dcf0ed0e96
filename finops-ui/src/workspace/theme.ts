import { useSyncExternalStore } from 'react';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'theme';
const CHANGED = 'themechange';

function read(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === stored) ?? 'system';
  } catch {
    return 'system'; // Where storage is forbidden, the system's it is.
  }
}

/** Puts the chosen theme on the page: to be called before anything is drawn. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = read();
}

/** Chooses a theme, for this page and those to come. */
export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds for this page then.
  }
  document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event(CHANGED));
}

/** Gives the chosen theme, and draws anew when another is chosen. */
export function useTheme(): Theme {
  return useSyncExternalStore(listen, () => (document.documentElement.dataset.theme as Theme) ?? 'system');
}

function listen(listener: () => void): () => void {
  // Chosen in another tab, it holds here too.
  const elsewhere = ({ key }: StorageEvent) => {
    if (key === KEY) applyTheme();
    listener();
  };
  addEventListener(CHANGED, listener);
  addEventListener('storage', elsewhere);
  return () => {
    removeEventListener(CHANGED, listener);
    removeEventListener('storage', elsewhere);
  };
}
