import { type ComponentType, lazy, memo, Suspense, useEffect } from 'react';
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

type BodyProps = AnswerProps & { readonly parts: readonly AnswerPart[] };

const LINE_HEIGHT = 26;

// What draws an answer is not needed to ask a question: two chunks, loaded side by side while the agents work.
const load = async (): Promise<{ default: ComponentType<BodyProps> }> => {
  const [{ AnswerBody }, { answerNodes, answerHtml }] = await Promise.all([
    import('./AnswerBody'),
    import('../markdown/markdown.js'),
  ]);
  return {
    default: memo((props: BodyProps) => <AnswerBody {...props} markdown={{ answerNodes, answerHtml }} />),
  };
};
const LazyBody = lazy(() => load().catch(() => ({ default: NotLoaded })));

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

/** The page's own code could not be fetched: offline, or a newer version has been deployed. */
function NotLoaded() {
  return (
    <div className="cut">
      <p>The part of this page that shows answers could not be loaded. Your answer is kept.</p>
      <button type="button" className="quiet-button" onClick={() => location.reload()}>
        Load the page again
      </button>
    </div>
  );
}

/** Keeps about the place that the answer will take. */
function Skeleton({ parts }: { parts: readonly AnswerPart[] }) {
  const lines = parts.reduce((sum, { content }) => sum + Math.min(60, content.split('\n').length), 0);
  return <div className="answer-skeleton" style={{ height: lines * LINE_HEIGHT }} aria-hidden="true" />;
}
