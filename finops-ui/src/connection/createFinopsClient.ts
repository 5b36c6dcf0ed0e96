import type { Session } from '../session/session';
import { serverMessage } from '../wire/serverMessage';
import { browser, type Surroundings } from './browser';
import type { FinopsClient } from './finopsClient';
import { type Event, step } from './machine';
import { makeOutbox } from './outbox';
import { type Effect, newMachine } from './turn';

export interface FinopsClientOptions {
  /** The address of the WebSocket API. */
  readonly url: string;
  readonly session: Pick<Session, 'getUser' | 'credentials' | 'subscribe'>;
  /** Where questions go by POST if no socket opens: without progress, and without a history. */
  readonly legacyEndpoint?: string | undefined;
  /** False sends all questions to the legacy endpoint. */
  readonly useWebSocket?: boolean | undefined;
  readonly surroundings?: Surroundings;
}

/**
 * Makes a page's one client, to be made once, outside of any framework; it does nothing before `start`.
 *
 * It runs the machine (machine.ts): what happens goes in, and it does what comes out. It has one socket and one timer.
 */
export function createFinopsClient(options: FinopsClientOptions): FinopsClient {
  const { url, session, legacyEndpoint, useWebSocket = true, surroundings = browser } = options;
  const { now, newId } = surroundings;
  const outbox = makeOutbox(surroundings.storage);
  const listeners = new Set<() => void>();
  const legacy = !useWebSocket ? 'only' : legacyEndpoint ? 'if nothing else' : 'none';
  let machine = newMachine(legacy, surroundings.isOnline(), surroundings.isHidden());
  let socket: ReturnType<Surroundings['openSocket']> | undefined;
  let timer: { readonly handle: unknown; readonly dueAt: number } | undefined;
  let isPictureDue = false;
  let hasStarted = false;
  const events: Event[] = [];

  function happened(event: Event): void {
    events.push(event);
    // What an effect brings about at once waits until all effects are done.
    if (events.length > 1) return;
    try {
      for (const next of events) take(next);
    } finally {
      events.length = 0;
      setTimer();
    }
  }

  function take(event: Event): void {
    const before = machine;
    const [after, effects] = step(before, event, surroundings);
    machine = after;
    effects.forEach(perform);
    const { user, questions } = after.shown;
    if (before.shown.user && before.shown.user.id !== user?.id) outbox.write(before.shown.user.id, []);
    if (user && (questions !== before.shown.questions || after.posted !== before.posted)) {
      outbox.write(
        user.id,
        questions.filter(({ requestId }) => !after.posted.has(requestId)),
      );
    }
    if (after.shown !== before.shown) tellListeners();
  }

  function perform(effect: Effect): void {
    if (effect.type === 'open') open(effect.generation);
    else if (effect.type === 'close') close();
    else if (effect.type === 'send') {
      if (socket?.readyState === 1) socket.send(JSON.stringify(effect.frame));
      // The browser has ended it and not said so: it does that to a page that it keeps in memory.
      else if (socket) happened({ type: 'closed', generation: machine.generation });
    } else if (effect.type === 'credentials') {
      const { generation } = effect;
      session.credentials(effect.renew).then(
        (credentials) => happened({ type: 'credentials', generation, credentials }),
        () => happened({ type: 'credentials', generation, credentials: 'failed' }),
      );
    } else {
      const { requestId, query } = effect.question;
      import('./legacyEndpoint')
        .then(({ askLegacyEndpoint }) => askLegacyEndpoint(legacyEndpoint ?? '', query, session, surroundings))
        .then((outcome) => happened({ type: 'posted', requestId, outcome }));
    }
  }

  function open(generation: number): void {
    close();
    try {
      socket = surroundings.openSocket(url);
    } catch {
      // An address that is none. To be seen as a server that cannot be reached.
      happened({ type: 'closed', generation });
      return;
    }
    socket.onopen = () => happened({ type: 'opened', generation });
    socket.onmessage = ({ data }) => happened({ type: 'frame', generation, message: serverMessage(data) });
    socket.onclose = () => happened({ type: 'closed', generation });
  }

  function close(): void {
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    socket = undefined;
  }

  function setTimer(): void {
    const dueAt = machine.wakeAt;
    if (timer?.dueAt === dueAt) return;
    if (timer) surroundings.clearTimer(timer.handle);
    timer = undefined;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    // Longer ones than 24 days fire at once: https://developer.mozilla.org/docs/Web/API/Window/setTimeout
    const milliseconds = Math.min(Math.max(0, dueAt - now()), 2 ** 31 - 1);
    const handle = surroundings.setTimer(() => {
      timer = undefined;
      happened({ type: 'tick' });
    }, milliseconds);
    timer = { handle, dueAt };
  }

  function tellListeners(): void {
    if (isPictureDue && !surroundings.isHidden()) return;
    isPictureDue = true;
    surroundings.beforePicture(() => {
      isPictureDue = false;
      for (const listener of [...listeners]) listener();
    });
  }

  function start(): void {
    if (!hasStarted) {
      hasStarted = true;
      surroundings.onChange((change) => happened({ type: change }));
      session.subscribe(start);
    }
    const user = session.getUser();
    if (user) happened({ type: 'start', user, questions: outbox.read(user.id) });
    else happened({ type: 'signOut' });
  }

  return {
    getState: () => machine.shown,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start,
    signOut: () => happened({ type: 'signOut' }),
    ask(query, agents) {
      const question = { requestId: newId(), query, askedAt: now(), ...(agents?.length && { agents }) };
      happened({ type: 'ask', question });
      return question.requestId;
    },
    askAgain: (requestId) => happened({ type: 'askAgain', requestId }),
    withdraw: (requestId) => happened({ type: 'withdraw', requestId }),
    cancel: (jobId) => happened({ type: 'cancel', jobId }),
    follow: (jobId, renew = false) => happened({ type: 'follow', jobId, renew }),
    list: (more = false) => happened({ type: 'list', more }),
    dismiss: (jobId) => happened({ type: 'dismiss', jobId }),
    retry: () => happened({ type: 'retry' }),
  };
}
