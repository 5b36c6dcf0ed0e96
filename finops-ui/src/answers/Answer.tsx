import type { Job } from '../jobs/job';

interface Props {
  readonly job: Job;
  /** Brings a question into the box, to be changed and asked. */
  readonly onAskAgain: (text: string) => void;
  /** Asks for the job anew, for links that have not expired. */
  readonly onRenew: () => void;
}

/** A place for the answer. */
export function Answer({ job }: Props) {
  return (
    <div className="answer">
      {Object.values(job.answers).map(({ agent, title, content }) => (
        <section key={agent}>
          <h2>{title}</h2>
          <p>{content}</p>
        </section>
      ))}
    </div>
  );
}
