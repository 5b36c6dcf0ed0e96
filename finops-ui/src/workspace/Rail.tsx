import { memo, useMemo, useRef } from 'react';
import type { History, Question } from '../connection/finopsClient';
import { hasEnded, type Job } from '../jobs/job';
import { Icon } from './Icon';
import { jobHash } from './routes';
import { jobWord, shortQuestion } from './status/jobWords';
import { byDay, newestFirst } from './status/times';

interface Props {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly questions: readonly Question[];
  readonly cancelling: ReadonlySet<string>;
  readonly history: History | undefined;
  /** Whether the line is lost, so that questions wait. */
  readonly isLost: boolean;
  /** What is looked at: a job's id, or a page's name. */
  readonly shown: string;
  readonly onMore: () => void;
}

/** The way to every question: those in progress, then the others by day. Beside the page, or over it on a narrow one. */
export const Rail = memo(function Rail({ jobs, questions, cancelling, history, isLost, shown, onMore }: Props) {
  const rail = useRef<HTMLElement>(null);
  const sorted = useMemo(() => newestFirst(jobs.values()), [jobs]);
  const active = sorted.filter((job) => !hasEnded(job));
  const ended = sorted.filter(hasEnded);
  const hide = () => {
    if (rail.current?.matches(':popover-open')) rail.current.hidePopover();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the links within are what is pressed; a key's press arrives as a click
    <nav
      id="rail"
      ref={rail}
      popover="auto"
      className="rail"
      aria-label="Questions"
      onClick={(event) => {
        if ((event.target as Element).closest('a')) hide();
      }}
    >
      <a className="new-question" href="#/" aria-current={shown === 'ask' ? 'page' : undefined}>
        <Icon name="plus" />
        New question
      </a>
      {active.length + questions.length > 0 && (
        <section aria-labelledby="rail-active">
          <h2 id="rail-active">In progress</h2>
          <ul>
            {questions.map((question) => (
              <QuestionItem key={question.requestId} question={question} isLost={isLost} />
            ))}
            {active.map((job) => (
              <JobItem
                key={job.requestId ?? job.jobId}
                job={job}
                isShown={shown === job.jobId}
                isCancelling={cancelling.has(job.jobId)}
              />
            ))}
          </ul>
        </section>
      )}
      {byDay(ended).map(([day, jobsOfDay]) => (
        <section key={day}>
          <h2>{day}</h2>
          <ul>
            {jobsOfDay.map((job) => (
              <JobItem key={job.requestId ?? job.jobId} job={job} isShown={shown === job.jobId} />
            ))}
          </ul>
        </section>
      ))}
      {history && <Foot history={history} isEmpty={ended.length === 0} onMore={onMore} shown={shown} />}
    </nav>
  );
});

function Foot({
  history,
  isEmpty,
  shown,
  onMore,
}: Pick<Props, 'shown' | 'onMore'> & { history: History; isEmpty: boolean }) {
  return (
    <div className="rail-foot">
      {isEmpty && history.status === 'loaded' && <p>Answered questions will be listed here.</p>}
      {history.hasMore && (
        <button type="button" className="quiet-button" onClick={onMore} disabled={history.status === 'loading'}>
          {history.status === 'loading' ? 'Loading' : 'Show more'}
        </button>
      )}
      {!isEmpty && (
        <a href="#/history" aria-current={shown === 'history' ? 'page' : undefined}>
          All questions
        </a>
      )}
    </div>
  );
}

const QuestionItem = memo(function QuestionItem({ question, isLost }: { question: Question; isLost: boolean }) {
  return (
    <li>
      <a className="rail-item" href="#/">
        <span className="rail-question">{shortQuestion(question.query, 120)}</span>
        <span className="rail-status" data-tone={question.refusal ? 'warning' : 'busy'}>
          {question.refusal ? 'Not sent' : isLost ? 'Waiting' : 'Sending'}
        </span>
        <progress max={100} value={0} aria-hidden="true" />
      </a>
    </li>
  );
});

interface ItemProps {
  readonly job: Job;
  readonly isShown: boolean;
  readonly isCancelling?: boolean;
}

const JobItem = memo(function JobItem({ job, isShown, isCancelling = false }: ItemProps) {
  const [word, tone] = jobWord(job, isCancelling);
  const isActive = !hasEnded(job);
  return (
    <li>
      <a className="rail-item" href={jobHash(job.jobId)} aria-current={isShown ? 'page' : undefined}>
        <span className="rail-question">{shortQuestion(job.query, 120) || 'A question'}</span>
        {word !== 'Answered' && (
          <span className="rail-status" data-tone={tone}>
            {word}
          </span>
        )}
        {isActive && <progress max={100} value={job.progress} aria-hidden="true" />}
      </a>
    </li>
  );
});
