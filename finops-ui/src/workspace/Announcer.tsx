import { useEffect, useRef, useState } from 'react';
import type { Job } from '../jobs/job';
import { spoken } from './status/spoken';

/** The page's one live region: says what has become of questions, a few times for each. Nothing else on the page speaks. */
export function Announcer({ jobs, shown }: { jobs: ReadonlyMap<string, Job>; shown: string }) {
  const before = useRef(jobs);
  const [said, setSaid] = useState({ sentence: '', count: 0 });
  useEffect(() => {
    if (before.current === jobs) return;
    const sentences = [...jobs.values()].map((job) => spoken(before.current.get(job.jobId), job, job.jobId === shown));
    before.current = jobs;
    const sentence = sentences.filter(Boolean).join(' ');
    // A new element each time: the same sentence twice is heard twice.
    if (sentence) setSaid(({ count }) => ({ sentence, count: count + 1 }));
  }, [jobs, shown]);
  return (
    <div className="visually-hidden" role="status">
      <p key={said.count}>{said.sentence}</p>
    </div>
  );
}
