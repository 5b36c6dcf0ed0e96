import type { ReactNode } from 'react';
import type { ClientState } from '../connection/finopsClient';
import { Icon } from './Icon';
import { RefusalNotice } from './RefusalNotice';
import { duration, useNow } from './status/times';

interface Props {
  readonly state: ClientState;
  readonly useWebSocket: boolean;
  readonly endpoint: string;
  readonly onRetry: () => void;
  readonly onDismiss: () => void;
}

/** What holds for the whole page and goes on: the service cannot be reached, one tab too many, no WebSocket. */
export function ConnectionNotice({ state, useWebSocket, endpoint, onRetry, onDismiss }: Props) {
  const { connection } = state;
  if (!useWebSocket) {
    return (
      <Notice tone="soft" title="There is no live connection">
        <p>Each answer comes in one piece: no progress is shown, and earlier questions are not listed.</p>
      </Notice>
    );
  }
  if (connection.name === 'unreachable') {
    return (
      <Notice tone="bad" title="The service cannot be reached">
        <p>
          Either <code>{endpoint}</code> is not its address, or it does not serve pages from{' '}
          <code>{location.origin}</code>, or a network in between lets nothing through. Trying goes on, now and then.
        </p>
        <p className="buttons">
          <button type="button" className="button" onClick={onRetry}>
            Try again
          </button>
        </p>
      </Notice>
    );
  }
  if (connection.name === 'waiting' && connection.refusal) {
    return (
      <Notice tone="warning" title="Too many tabs are open">
        <p>
          {connection.refusal.sentence} <Countdown until={connection.until} />
        </p>
      </Notice>
    );
  }
  const refusal = state.refusals.get('');
  if (!refusal) return null;
  return (
    <div className="page-notice">
      <RefusalNotice
        refusal={refusal}
        remedies={{ forget: onDismiss, reload: () => location.reload(), connect: onRetry }}
      />
    </div>
  );
}

function Notice({ tone, title, children }: { tone: string; title: string; children: ReactNode }) {
  return (
    <section className="notice page-notice" data-tone={tone} aria-label={title}>
      <Icon name="alert" />
      <div>
        <p className="notice-title">{title}</p>
        {children}
      </div>
    </section>
  );
}

function Countdown({ until }: { until: number }) {
  const seconds = Math.ceil((until - useNow(true)) / 1000);
  return seconds > 0 ? `The next try is in ${duration(seconds)}.` : 'Trying now.';
}
