import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import config from './config.js';
import { readSettings } from './settings';
import { applyTheme } from './workspace/theme';
import { WrongSettings } from './workspace/WrongSettings';
import './theme.css';
import './workspace/workspace.css';

applyTheme();
const root = createRoot(document.getElementById('root') as HTMLElement);
const settings = readSettings(config);
if ('faults' in settings) {
  root.render(<WrongSettings faults={settings.faults} />);
} else {
  root.render(
    <StrictMode>
      <p>Not yet.</p>
    </StrictMode>,
  );
}
