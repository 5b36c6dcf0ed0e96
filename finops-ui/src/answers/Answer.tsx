import { lazy, memo, Suspense, useEffect } from 'react';
import type { Job } from '../jobs/job';
import './answers.css';
import { type AnswerPart, answerParts } from './answerParts';

export interface AnswerProps {
  readonly job: Job;
  /** Puts a question into the ask box, for the person to change and send. */
  readonly onAskAgain: (text: string) => void;
  /** Asks for the job's state again, which brings new signed links to what was cut. */
  readonly onRenew: () => void;
}

const LINE_HEIGHT = 26;

// What draws an answer is not needed to ask a question: two chunks, loaded side by side while the agents work.
const load = async () => {
  const [{ AnswerBody }, { answerNodes, answerHtml }] = await Promise.all([
    import('./AnswerBody'),
    import('../markdown/markdown.js'),
  ]);
  return {
    default: memo((props: AnswerProps & { parts: readonly AnswerPart[] }) => (
      <AnswerBody {...props} markdown={{ answerNodes, answerHtml }} />
    )),
  };
};
const LazyBody = lazy(load);

/** The answer to a job: the parts that have arrived, and what can be done with them. */
export function Answer(props: AnswerProps) {
  useEffect(() => {
    load().catch(() => undefined);
  }, []);
  const parts = answerParts(props.job);
  if (parts.length === 0) return null;
  return (
    <section className="answer" aria-label="Answer">
      <Suspense fallback={<Skeleton parts={parts} />}>
        <LazyBody {...props} parts={parts} />
      </Suspense>
    </section>
  );
}

/** Keeps about the place that the answer will take. */
function Skeleton({ parts }: { parts: readonly AnswerPart[] }) {
  const lines = parts.reduce((sum, { content }) => sum + Math.min(60, content.split('\n').length), 0);
  return <div className="answer-skeleton" style={{ height: lines * LINE_HEIGHT }} aria-hidden="true" />;
}
