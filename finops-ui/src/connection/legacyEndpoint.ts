import type { Session } from '../session/session';
import type { AgentResult, JobSnapshot } from '../wire/messages';
import { serverMessage } from '../wire/serverMessage';
import type { Surroundings } from './browser';
import type { Refusal } from './finopsClient';

const AGENT = 'finops-agent';
/** Milliseconds; API Gateway gives up long before. */
const ANSWERS_WITHIN = 120_000;

const NOT_REACHED = 'The service could not be reached. Please ask again in a moment.';
const NOT_SIGNED_IN = 'Please sign in again, then ask again.';
const NOT_READABLE = 'The service gave an answer that could not be read.';

const refusal = (sentence: string): Refusal => ({ code: 'LEGACY_ENDPOINT', sentence });

/** Asks the endpoint that was there before the WebSocket API; gives its answer as if a job had ended with it. */
export async function askLegacyEndpoint(
  url: string,
  query: string,
  session: Pick<Session, 'credentials'>,
  { now, newId, fetch }: Pick<Surroundings, 'now' | 'newId' | 'fetch'>,
): Promise<JobSnapshot | Refusal> {
  const createdAt = Math.floor(now() / 1000);
  let response: Response;
  let text: string;
  try {
    const credentials = await session.credentials(false);
    const headers = {
      'Content-Type': 'application/json',
      ...(credentials?.token && { Authorization: `Bearer ${credentials.token}` }),
    };
    const signal = AbortSignal.timeout(ANSWERS_WITHIN);
    response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }), signal });
    text = await response.text();
  } catch {
    return refusal(NOT_REACHED);
  }
  if (!response.ok) return refusal(response.status === 401 ? NOT_SIGNED_IN : NOT_REACHED);
  const updatedAt = Math.floor(now() / 1000);
  const part = partIn(text, updatedAt);
  if (!part) return refusal(NOT_READABLE);
  const { content } = part;
  const snapshot: JobSnapshot = {
    type: 'job_snapshot',
    jobId: newId(),
    status: 'completed',
    progress: 100,
    message: '',
    query,
    agents: [AGENT],
    titles: { [AGENT]: part.title },
    completed_agents: [AGENT],
    results: [part],
    result: { query, response: content, agent: AGENT, agents_invoked: [AGENT], partial: false, timestamp: updatedAt },
    createdAt,
    updatedAt,
    seq: 1,
  };
  // Figures that are none cost only themselves.
  const { data: _, ...withoutData } = part;
  return serverMessage(JSON.stringify(snapshot)) ? snapshot : { ...snapshot, results: [withoutData] };
}

/** Reads an agent's envelope: `response` as it is, or in `body`, which may be JSON text. */
function partIn(text: string, timestamp: number): AgentResult | undefined {
  try {
    const envelope = JSON.parse(text);
    const { body = envelope, statusCode = 200 } = envelope;
    const { response, data } = typeof body === 'string' ? JSON.parse(body) : body;
    if (statusCode !== 200 || typeof response !== 'string' || !response.trim()) return undefined;
    const part = { agent: AGENT, title: 'Answer', content: response, status: 'completed', timestamp } as const;
    return Array.isArray(data) && data.length ? { ...part, data: data as NonNullable<AgentResult['data']> } : part;
  } catch {
    return undefined;
  }
}
