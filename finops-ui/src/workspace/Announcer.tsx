import { useEffect, useRef, useState } from 'react';
import type { Question } from '../connection/finopsClient';
import type { Job } from '../jobs/job';
import { spoken } from './status/spoken';

interface Props {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly questions: readonly Question[];
  /** The id of the job that is looked at, or a page's name. */
  readonly shown: string;
}

/** The page's one place that speaks of jobs: says what has become of questions, a few times for each. */
export function Announcer({ jobs, questions, shown }: Props) {
  const before = useRef({ jobs, questions });
  const [said, setSaid] = useState({ sentence: '', count: 0 });
  useEffect(() => {
    const { jobs: jobsBefore, questions: questionsBefore } = before.current;
    before.current = { jobs, questions };
    if (jobs === jobsBefore) return;
    const isWatched = ({ jobId, requestId }: Job) =>
      jobId === shown || questionsBefore.some((question) => question.requestId === requestId);
    const sentences = [...jobs.values()].map((job) => spoken(jobsBefore.get(job.jobId), job, isWatched(job)));
    const sentence = sentences.filter(Boolean).join(' ');
    // A new element each time: the same sentence twice is heard twice.
    if (sentence) setSaid(({ count }) => ({ sentence, count: count + 1 }));
  }, [jobs, questions, shown]);
  return (
    <div className="visually-hidden" role="status">
      <p key={said.count}>{said.sentence}</p>
    </div>
  );
}
