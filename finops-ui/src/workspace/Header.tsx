import { memo } from 'react';
import { Icon } from './Icon';
import type { Line } from './status/connectionWords';
import { chooseTheme, THEMES, useTheme } from './theme';

interface Props {
  readonly line: Line;
  readonly userName: string | undefined;
  readonly onSignOut: () => void;
}

const THEME_WORDS = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;

/** What is always there: the product, the line in a dot and a word, the theme, the user. */
export const Header = memo(function Header({ line, userName, onSignOut }: Props) {
  const theme = useTheme();
  return (
    <header className="header">
      <button type="button" className="icon-button narrow-only" popoverTarget="rail" aria-label="Questions">
        <Icon name="menu" />
      </button>
      <a className="product" href="#/">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M8 22v-5M14 22V12M20 22v-8M26 22V8" />
        </svg>
        <span>FinOps Agent</span>
      </a>
      <p className="line" data-tone={line.tone}>
        <span className="visually-hidden">Connection: </span>
        {line.word}
      </p>
      <button
        type="button"
        className="icon-button"
        popoverTarget="themes"
        aria-label={`Theme: ${THEME_WORDS[theme].toLowerCase()}`}
      >
        <Icon name={theme} />
      </button>
      <fieldset id="themes" popover="auto" className="menu">
        <legend>Theme</legend>
        {THEMES.map((name) => (
          <label key={name} className="choice">
            <input type="radio" name="theme" value={name} checked={name === theme} onChange={() => chooseTheme(name)} />
            <Icon name={name} />
            {THEME_WORDS[name]}
          </label>
        ))}
      </fieldset>
      {userName !== undefined && (
        <>
          <button type="button" className="user-button" popoverTarget="user" aria-label={`Account of ${userName}`}>
            {[...userName][0]?.toUpperCase()}
          </button>
          <div id="user" popover="auto" className="menu">
            <p className="menu-title">
              Signed in as <b>{userName}</b>
            </p>
            <button type="button" className="menu-item" onClick={onSignOut}>
              Sign out
            </button>
          </div>
        </>
      )}
    </header>
  );
});
