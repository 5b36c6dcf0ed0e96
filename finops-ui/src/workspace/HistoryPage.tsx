import { memo, useId, useMemo, useState } from 'react';
import type { FinopsClient, History } from '../connection/finopsClient';
import type { Job } from '../jobs/job';
import { Icon } from './Icon';
import { RefusalNotice } from './RefusalNotice';
import { jobHash } from './routes';
import type { Line } from './status/connectionWords';
import { jobWord, shortQuestion } from './status/jobWords';
import { byDay, newestFirst, timeOfDay } from './status/times';

interface Props {
  readonly client: FinopsClient;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly history: History | undefined;
  readonly line: Line;
}

/** All questions that are kept, by day. */
export function HistoryPage({ client, jobs, history, line }: Props) {
  const [wanted, setWanted] = useState('');
  const field = useId();
  const sorted = useMemo(() => newestFirst(jobs.values()), [jobs]);
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = sorted.filter(({ query }) => words.every((word) => query.toLowerCase().includes(word)));
  const isLoading = history?.status === 'loading' || history?.status === 'unknown';
  return (
    <div className="history">
      <h1 tabIndex={-1}>All questions</h1>
      {sorted.length > 0 && (
        <search className="search">
          <label htmlFor={field} className="visually-hidden">
            Search in the questions below
          </label>
          <Icon name="search" />
          <input
            id={field}
            type="search"
            placeholder="Search in the questions below"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
        </search>
      )}
      {byDay(found).map(([day, jobsOfDay]) => (
        <Day key={day} day={day} jobs={jobsOfDay} />
      ))}
      {found.length === 0 && (
        <Nothing wanted={wanted} isEmpty={sorted.length === 0} isLoading={isLoading} line={line} />
      )}
      {history?.status === 'failed' && history.refusal && (
        <RefusalNotice
          refusal={history.refusal}
          remedies={{
            askAnew: () => client.list(),
            wait: () => client.list(),
            signIn: () => client.start(),
            reload: () => location.reload(),
          }}
        />
      )}
      {history?.hasMore && (
        <p className="more">
          <button type="button" className="button" onClick={() => client.list(true)} disabled={isLoading}>
            {isLoading ? 'Loading' : 'Load more'}
          </button>
          {wanted !== '' && ' Older questions are not searched until they are loaded.'}
        </p>
      )}
      {history?.status === 'loaded' && !history.hasMore && sorted.length > 0 && wanted === '' && (
        <p className="more">These are all. Questions are kept for a limited time, by default 30 days.</p>
      )}
      {history === undefined && (
        <p className="more">Only the questions of this page are listed: this service keeps no list of them.</p>
      )}
    </div>
  );
}

function Nothing({
  wanted,
  isEmpty,
  isLoading,
  line,
}: {
  wanted: string;
  isEmpty: boolean;
  isLoading: boolean;
  line: Line;
}) {
  if (isEmpty && line.trouble) return <p className="nothing">{line.trouble} Your questions come when you are back.</p>;
  if (isEmpty && isLoading) return <p className="nothing">Loading your questions.</p>;
  if (!isEmpty) return <p className="nothing">No question below has “{wanted}” in it.</p>;
  return (
    <div className="nothing">
      <p>You have not asked anything yet. Each question will be listed here with its answer.</p>
      <a className="button" href="#/">
        Ask the first one
      </a>
    </div>
  );
}

const Day = memo(
  function Day({ day, jobs }: { day: string; jobs: readonly Job[] }) {
    return (
      <section className="day">
        <h2>{day}</h2>
        <ul>
          {jobs.map((job) => (
            <Row key={job.jobId} job={job} />
          ))}
        </ul>
      </section>
    );
  },
  (before, after) =>
    before.day === after.day &&
    before.jobs.length === after.jobs.length &&
    before.jobs.every((job, index) => job === after.jobs[index]),
);

const Row = memo(function Row({ job }: { job: Job }) {
  const [word, tone] = jobWord(job);
  return (
    <li>
      <a href={jobHash(job.jobId)} className="row">
        <span className="row-question">{shortQuestion(job.query, 240) || 'A question'}</span>
        <span className="row-status" data-tone={tone}>
          {word}
        </span>
        <span className="row-time">{job.createdAt !== undefined && timeOfDay(job.createdAt)}</span>
      </a>
    </li>
  );
});
