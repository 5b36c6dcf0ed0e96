import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { ClientState, FinopsClient } from '../connection/finopsClient';
import { useFinOpsState } from '../connection/useFinOpsJob';
import type { Job } from '../jobs/job';
import type { Session } from '../session/session';
import type { Settings } from '../settings';
import { Announcer } from './Announcer';
import { Ask, type Draft } from './Ask';
import { ConnectionNotice } from './ConnectionNotice';
import { ErrorBoundary } from './ErrorBoundary';
import { Header } from './Header';
import { HistoryPage } from './HistoryPage';
import { JobPage } from './JobPage';
import { Rail } from './Rail';
import { go, jobHash, type Route, useRoute } from './routes';
import { useLine } from './status/connectionWords';
import { jobWord, shortQuestion } from './status/jobWords';

const SignInDialog = lazy(() => import('../session/SignInDialog'));

interface Props {
  readonly client: FinopsClient;
  readonly session: Session;
  readonly settings: Settings;
}

/** The whole page: header, rail, and the page that the address names. */
export function App({ client, session, settings }: Props) {
  const state = useFinOpsState(client);
  const { jobs, questions, cancelling, connection } = state;
  const route = useRoute();
  const shown = route.page === 'job' ? route.jobId : route.page;
  const line = useLine(state);
  const { draft, number: draftNumber } = useDraft(state.user?.id);
  const history = settings.userPool && settings.useWebSocket ? state.history : undefined;

  useEffect(() => {
    if (history?.status === 'unknown' && connection.name === 'live') client.list();
  }, [client, history?.status, connection.name]);
  useWayToJob(state, route, draft);
  usePageTitle(state, route);
  useHeadingFocus(shown);

  const edit = useCallback(
    (text: string) => {
      draft.text = text;
      go('#/');
    },
    [draft],
  );
  const signOut = useCallback(() => {
    client.signOut();
    void session.signOut();
    go('#/');
  }, [client, session]);
  const more = useCallback(() => client.list(true), [client]);

  return (
    <>
      <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <Header line={line} userName={state.user?.name} onSignOut={signOut} />
      <div className="workspace">
        <Rail
          jobs={jobs}
          questions={questions}
          cancelling={cancelling}
          history={history}
          isLost={line.trouble !== undefined}
          shown={shown}
          onMore={more}
        />
        <main id="main" tabIndex={-1}>
          <ConnectionNotice
            state={state}
            useWebSocket={settings.useWebSocket}
            endpoint={settings.websocketEndpoint}
            onRetry={() => client.retry()}
            onDismiss={() => client.dismiss('')}
          />
          <ErrorBoundary key={shown}>
            {route.page === 'ask' && (
              <Ask
                key={draftNumber}
                client={client}
                draft={draft}
                questions={questions}
                jobs={jobs}
                cancelling={cancelling}
                line={line}
                isFirst={jobs.size === 0}
              />
            )}
            {route.page === 'job' && (
              <JobPage
                key={route.jobId}
                client={client}
                userId={state.user?.id}
                jobId={route.jobId}
                job={jobs.get(route.jobId)}
                refusal={state.refusals.get(route.jobId)}
                isCancelling={cancelling.has(route.jobId)}
                line={line}
                clockOffset={state.clockOffset}
                onEdit={edit}
              />
            )}
            {route.page === 'history' && <HistoryPage client={client} jobs={jobs} history={history} line={line} />}
          </ErrorBoundary>
        </main>
      </div>
      <Announcer jobs={jobs} questions={questions} shown={shown} />
      {connection.name === 'signedOut' && (
        <Suspense>
          <SignInDialog session={session} onSignedIn={() => client.start()} />
        </Suspense>
      )}
    </>
  );
}

/** What is being written, and by whom: who comes after somebody else, or nobody after them, finds an empty box. */
function useDraft(userId: string | undefined): { readonly draft: Draft; readonly number: number } {
  const [writing, setWriting] = useState(() => ({ userId, draft: emptyDraft(), number: 0 }));
  if (writing.userId !== userId) {
    const isAnothers = writing.userId !== undefined;
    const { draft, number } = writing;
    setWriting({ userId, draft: isAnothers ? emptyDraft() : draft, number: isAnothers ? number + 1 : number });
  }
  return writing;
}

function emptyDraft(): Draft {
  return { text: '', agents: [] };
}

/** Goes from the first page to the job that its last question has become, unless another one is being written. */
function useWayToJob({ jobs, questions }: ClientState, route: Route, draft: Draft): void {
  const before = useRef(jobs);
  // Before the picture in which the question would be gone, and what is below it would move up.
  useLayoutEffect(() => {
    // Only who asked is told the question's id. Both may have come since the last frame: the question and its job.
    const isNew = ({ jobId, requestId }: Job) => requestId !== undefined && !before.current.get(jobId)?.requestId;
    const job = [...jobs.values()].findLast(isNew);
    before.current = jobs;
    const isLast = questions.every(({ refusal }) => refusal);
    if (job && isLast && route.page === 'ask' && draft.text.trim() === '') go(jobHash(job.jobId), true);
  }, [jobs, questions, route, draft]);
}

/** The title says how it stands, for whoever looks at another tab. */
function usePageTitle({ jobs, cancelling }: ClientState, route: Route): void {
  const job = route.page === 'job' ? jobs.get(route.jobId) : undefined;
  const page = job
    ? `${jobWord(job, cancelling.has(job.jobId))[0]}: ${shortQuestion(job.query)}`
    : { ask: 'New question', history: 'All questions', job: 'Question' }[route.page];
  useEffect(() => {
    document.title = `${page} · FinOps Agent`;
  }, [page]);
}

/** After a change of page, what is read out begins with its heading; the first page gives the focus to its box. */
function useHeadingFocus(shown: string): void {
  const before = useRef(shown);
  useEffect(() => {
    if (before.current === shown) return;
    before.current = shown;
    scrollTo(0, 0);
    const main = document.getElementById('main');
    // The first page has given it to its box.
    if (!main?.contains(document.activeElement)) main?.querySelector('h1')?.focus({ preventScroll: true });
  }, [shown]);
}
