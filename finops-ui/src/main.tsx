import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import config from './config.js';
import { createFinopsClient } from './connection/createFinopsClient';
import { createSession } from './session/session';
import { readSettings, type Settings } from './settings';
import { App } from './workspace/App';
import { ErrorBoundary } from './workspace/ErrorBoundary';
import { applyTheme } from './workspace/theme';
import { WrongSettings } from './workspace/WrongSettings';
import './theme.css';
import './workspace/workspace.css';

const root = createRoot(document.getElementById('root') as HTMLElement);

/** Settings, session, client, page: each is made once, out of React's reach, so that there is one socket. */
function begin(settings: Settings): void {
  const { websocketEndpoint: url, legacyEndpoint, useWebSocket, userPool } = settings;
  const session = createSession(userPool);
  const client = createFinopsClient({ url, session, legacyEndpoint, useWebSocket });
  root.render(
    <StrictMode>
      <ErrorBoundary>
        <App client={client} session={session} settings={settings} />
      </ErrorBoundary>
    </StrictMode>,
  );
  void session.opened.then(() => client.start());
}

applyTheme();
const settings = readSettings(config);
if ('faults' in settings) root.render(<WrongSettings faults={settings.faults} />);
else begin(settings);
