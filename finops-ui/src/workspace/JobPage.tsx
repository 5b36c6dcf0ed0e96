import { memo, useEffect, useState } from 'react';
import { Answer } from '../answers/Answer';
import type { FinopsClient, Refusal } from '../connection/finopsClient';
import { hasEnded, type Job } from '../jobs/job';
import { CopyButton } from './CopyButton';
import { Icon } from './Icon';
import { RefusalNotice } from './RefusalNotice';
import { go, jobHash } from './routes';
import type { Line } from './status/connectionWords';
import { agentTitle, jobWord, listed } from './status/jobWords';
import { dayName, duration, timeOfDay, useNow } from './status/times';

interface Props {
  readonly client: FinopsClient;
  readonly userId: string | undefined;
  readonly jobId: string;
  readonly job: Job | undefined;
  readonly refusal: Refusal | undefined;
  readonly isCancelling: boolean;
  readonly line: Line;
  readonly clockOffset: number;
  /** Brings a text into the box of the first page. */
  readonly onEdit: (text: string) => void;
}

/** A question on its way, and its answer. */
export function JobPage({ client, userId, jobId, job, refusal, isCancelling, line, clockOffset, onEdit }: Props) {
  // The first message may come without a time: then it is now, so that nothing moves when it is told.
  const [seenAt] = useState(() => Math.floor((Date.now() + clockOffset) / 1000));
  const askedAt = job?.createdAt ?? seenAt;
  const isMissing = userId !== undefined && !job?.isWhole;
  useEffect(() => {
    if (isMissing) client.follow(jobId);
  }, [client, jobId, isMissing]);

  if (refusal && (refusal.code === 'JOB_NOT_FOUND' || !job)) {
    return (
      <article className="job">
        <h1 tabIndex={-1}>This question cannot be shown</h1>
        <RefusalNotice
          refusal={refusal}
          remedies={{
            askAnew: () => client.follow(jobId),
            connect: () => client.retry(),
            reload: () => location.reload(),
            signIn: () => client.start(),
          }}
        >
          <p>
            <a href="#/">Ask a new question</a>
          </p>
        </RefusalNotice>
      </article>
    );
  }
  if (!job || job.query === '') {
    return (
      <article className="job" aria-busy="true">
        <h1 tabIndex={-1} className="waiting-title">
          {line.trouble ? 'This question comes when you are back' : 'Loading the question'}
        </h1>
        <p className="job-facts">{line.trouble}</p>
      </article>
    );
  }

  const askAgain = () => client.ask(job.query, job.agents.length > 0 ? job.agents : undefined);
  return (
    <article className="job" data-status={job.status}>
      <Question query={job.query} />
      <Facts jobId={jobId} askedAt={askedAt} />
      <Status
        job={job}
        askedAt={askedAt}
        isCancelling={isCancelling}
        line={line}
        clockOffset={clockOffset}
        onCancel={() => client.cancel(jobId)}
        onAskAgain={() => {
          askAgain();
          go('#/');
        }}
      />
      {refusal && (
        <RefusalNotice
          refusal={refusal}
          remedies={{
            forget: () => client.dismiss(jobId),
            connect: () => client.retry(),
            signIn: () => client.start(),
          }}
        />
      )}
      {job.status === 'failed' && job.isWhole && (
        <RefusalNotice
          refusal={{ code: job.code ?? '', sentence: job.error ?? job.message }}
          remedies={{
            askAnew: () => {
              askAgain();
              go('#/');
            },
            edit: () => onEdit(job.query),
          }}
        />
      )}
      <DrawnAnswer job={job} client={client} onEdit={onEdit} />
    </article>
  );
}

const DrawnAnswer = memo(function DrawnAnswer({
  job,
  client,
  onEdit,
}: Pick<Props, 'client' | 'onEdit'> & { job: Job }) {
  return <Answer job={job} onAskAgain={onEdit} onRenew={() => client.follow(job.jobId, true)} />;
});

/** The question as the heading; a very long one shows its beginning, and the rest when it is wanted. */
function Question({ query }: { query: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const isLong = query.length > 280 || query.split('\n').length > 5;
  return (
    <>
      <h1 tabIndex={-1} className={isLong && !isOpen ? 'question clamped' : 'question'} data-long={isLong}>
        {query}
      </h1>
      {isLong && (
        <button type="button" className="quiet-button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? 'Show less' : 'Show the whole question'}
        </button>
      )}
    </>
  );
}

/** When it was asked, its id for support, and its address for one's other devices. */
const Facts = memo(function Facts({ jobId, askedAt }: { jobId: string; askedAt: number }) {
  return (
    <div className="job-facts">
      <p>{`${dayName(askedAt)}, ${timeOfDay(askedAt)}`}</p>
      <CopyButton
        icon="link"
        label="Copy link"
        about="For your other devices: only you can open it"
        text={new URL(jobHash(jobId), location.href).href}
      />
      <CopyButton icon="copy" label="Copy id" about="For support: it names this question" text={jobId} />
    </div>
  );
});

/** For so long waiting for a worker needs no word, in seconds. */
const QUEUED_LONG = 15;

interface StatusProps {
  readonly job: Job;
  readonly askedAt: number;
  readonly isCancelling: boolean;
  readonly line: Line;
  readonly clockOffset: number;
  readonly onCancel: () => void;
  readonly onAskAgain: () => void;
}

/** Status, time, bar and sentence, in a place whose height stays: what is below must not move when the sentence does. */
function Status({ job, askedAt, isCancelling, line, clockOffset, onCancel, onAskAgain }: StatusProps) {
  const isActive = !hasEnded(job);
  const now = (useNow(isActive) + clockOffset) / 1000;
  const [word, tone] = jobWord(job, isCancelling);
  const elapsed = (isActive ? now : (job.updatedAt ?? now)) - askedAt;
  return (
    <section className="status" data-tone={tone} aria-label="Status">
      <div className="status-head">
        <b>{word}</b>
        <span className="clock" role="timer">
          {duration(elapsed)}
        </span>
        {isActive && (
          <button type="button" className="quiet-button" onClick={onCancel} disabled={isCancelling}>
            {isCancelling ? 'Cancelling' : 'Cancel'}
          </button>
        )}
        {job.status === 'cancelled' && (
          <button type="button" className="quiet-button" onClick={onAskAgain}>
            Ask again
          </button>
        )}
      </div>
      <p className="status-sentence">{sentence(job, isCancelling, line, elapsed)}</p>
      {isActive ? <progress max={100} value={job.progress} aria-label="Progress" /> : <div className="status-end" />}
      <Agents job={job} askedAt={askedAt} />
    </section>
  );
}

function sentence(job: Job, isCancelling: boolean, line: Line, elapsed: number): string {
  if (job.status === 'completed') {
    if (!job.isWhole)
      return line.trouble ? `${line.trouble} The answer comes when you are back.` : 'Loading the answer.';
    if (!job.result?.partial) return 'This answer is complete.';
    const failed = Object.values(job.answers).filter(({ status }) => status === 'failed');
    return failed.length > 0
      ? `This answer is partial: ${listed(failed.map(({ agent }) => agentTitle(job, agent)))} is missing.`
      : 'This answer is partial: a part of it is missing.';
  }
  if (job.status === 'cancelled') return 'You have ended this question. What had arrived is below.';
  if (job.status === 'failed') return 'There is no answer to this question.';
  if (line.trouble) return `${line.trouble} Your question goes on meanwhile.`;
  if (isCancelling) return 'Asking the service to end it.';
  if (job.status === 'queued' && elapsed > QUEUED_LONG) {
    return 'Waiting for a free worker. You may leave this page: the answer will be here when you come back.';
  }
  return job.message || 'Your question is queued.';
}

/** Who is asked, in the order in which they were named, each with what has become of it. */
const Agents = memo(function Agents({ job, askedAt }: { job: Job; askedAt: number }) {
  return (
    <ul className="agents" aria-label="Agents" data-empty={job.isWhole && hasEnded(job) && job.agents.length === 0}>
      {job.agents.length === 0 && !hasEnded(job) && (
        <li className="agent">
          <Icon name="clock" />
          <span className="agent-sentence">The agents for it are not chosen yet.</span>
        </li>
      )}
      {job.agents.map((agent) => {
        const [state, icon, word] = agentState(job, agent);
        const answer = job.answers[agent];
        const after = answer && ` at +${duration(answer.timestamp - askedAt)}`;
        return (
          <li key={agent} className="agent" data-state={state}>
            <Icon name={icon} />
            <span className="agent-title">{agentTitle(job, agent)}</span>
            <span className="agent-state">
              {word}
              {after}
            </span>
            {answer?.status === 'failed' && <span className="agent-sentence">{answer.content}</span>}
          </li>
        );
      })}
    </ul>
  );
});

function agentState(job: Job, agent: string) {
  switch (job.answers[agent]?.status) {
    case 'completed':
      return ['completed', 'check', 'Answered'] as const;
    case 'failed':
      return ['failed', 'alert', 'Failed'] as const;
    default:
      return hasEnded(job) ? (['none', 'cross', 'No answer'] as const) : (['waiting', 'clock', 'Waiting'] as const);
  }
}
