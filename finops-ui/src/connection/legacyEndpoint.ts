import type { Session } from '../session/session';
import type { AgentResult, JobSnapshot } from '../wire/messages';
import { serverMessage } from '../wire/serverMessage';
import type { Surroundings } from './browser';
import type { Refusal } from './finopsClient';

const AGENT = 'finops-agent';
const NOT_REACHED = 'The service could not be reached. Please ask again in a moment.';
const NOT_READABLE = 'The service gave an answer that could not be read.';

const refusal = (sentence: string): Refusal => ({ code: 'LEGACY_ENDPOINT', sentence });

/** Asks the endpoint that was there before the WebSocket API; gives its answer as if a job had ended with it. */
export async function askLegacyEndpoint(
  url: string,
  query: string,
  session: Pick<Session, 'credentials'>,
  { now, newId }: Pick<Surroundings, 'now' | 'newId'>,
): Promise<JobSnapshot | Refusal> {
  const createdAt = Math.floor(now() / 1000);
  try {
    const credentials = await session.credentials(false);
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(credentials?.token && { Authorization: `Bearer ${credentials.token}` }),
      },
      body: JSON.stringify({ query }),
    });
    if (!response.ok) return refusal(response.status === 401 ? 'Please sign in again.' : NOT_REACHED);
    const answer = answerIn(await response.json());
    if (!answer) return refusal(NOT_READABLE);
    const updatedAt = Math.floor(now() / 1000);
    const part: AgentResult = { agent: AGENT, title: 'Answer', status: 'completed', timestamp: updatedAt, ...answer };
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
      result: {
        query,
        response: part.content,
        agent: AGENT,
        agents_invoked: [AGENT],
        partial: false,
        timestamp: updatedAt,
      },
      createdAt,
      updatedAt,
      seq: 1,
    };
    // Figures that are none cost only themselves.
    const isRight = (told: JobSnapshot) => serverMessage(JSON.stringify(told)) !== undefined;
    const { data: _, ...withoutData } = part;
    return isRight(snapshot) ? snapshot : { ...snapshot, results: [withoutData] };
  } catch {
    return refusal(NOT_REACHED);
  }
}

/** An agent's envelope: `response` beside `statusCode`, or in `body`, which may be JSON text. */
function answerIn(envelope: unknown): Pick<AgentResult, 'content' | 'data'> | undefined {
  const { body = envelope, statusCode = 200 } = envelope as { body?: unknown; statusCode?: number };
  const { response, data } = typeof body === 'string' ? JSON.parse(body) : (body as Record<string, unknown>);
  if (statusCode !== 200 || typeof response !== 'string' || !response.trim()) return undefined;
  return { content: response, ...(Array.isArray(data) && { data: data as AgentResult['data'] & object }) };
}
