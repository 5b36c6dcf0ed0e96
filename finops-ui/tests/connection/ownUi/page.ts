import { createFinopsClient } from '../../../src/connection/createFinopsClient';
import { hasEnded } from '../../../src/jobs/job';
import { createSession } from '../../../src/session/session';

const url = 'wss://rtswivmeqj.execute-api.us-east-1.amazonaws.com/prod';
const session = createSession({ id: 'us-east-1_AbCdEfGhI', clientId: '4rfvbgt56yhnmju78iklo90plk' });

// Once for the page. It comes back, renews tokens and sends again by itself.
const client = createFinopsClient({ url, session });
client.subscribe(draw);
session.opened.then(() => client.start());

const requestId = client.ask('What did S3 cost in May, and where can we save?');

function draw(): void {
  const { connection, jobs, questions } = client.getState();
  const job = [...jobs.values()].find((other) => other.requestId === requestId);
  const question = questions.find((other) => other.requestId === requestId);
  const text = job
    ? (job.result?.response ?? job.error ?? `${job.progress} % ${job.message}`)
    : (question?.refusal?.sentence ?? 'Sending.');
  // Answers may be hostile: never innerHTML.
  document.body.textContent = connection.name === 'offline' ? 'Will be sent when you are back.' : text;
  document.body.ariaBusy = String(!job || !hasEnded(job));
}
