import type { FinopsClient } from '../../../src/connection/finopsClient';
import { useFinOpsJob } from '../../../src/connection/useFinOpsJob';

/** One question on its way; `id` is what `client.ask` gave, or a job's id. */
export function Question({ client, id }: { client: FinopsClient; id: string }) {
  const { job, question, refusal, isCancelling, cancel } = useFinOpsJob(client, id);
  if (refusal) return <p role="alert">{refusal.sentence}</p>;
  if (question?.refusal) {
    return (
      <p role="alert">
        {question.refusal.sentence}{' '}
        <button type="button" onClick={() => client.askAgain(id)}>
          Ask again
        </button>
      </p>
    );
  }
  if (!job) return <p>Sending: {question?.query}</p>;
  return (
    <section>
      <h2>{job.query}</h2>
      <progress value={job.progress} max={100} />
      <ul>
        {job.agents.map((agent) => (
          <li key={agent}>
            {job.titles[agent] ?? agent}: {job.answers[agent]?.status ?? 'waiting'}
          </li>
        ))}
      </ul>
      <pre>{job.result?.response ?? job.error ?? job.message}</pre>
      <button type="button" onClick={cancel} disabled={isCancelling}>
        Cancel
      </button>
    </section>
  );
}
