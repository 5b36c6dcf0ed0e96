import type { Job } from '../jobs/job';
import type { AgentResult, Figures } from '../wire/messages';

/** A part of an answer that is drawn by itself: what one agent has said. */
export interface AnswerPart {
  /** Its agent; empty for the whole answer in one. */
  readonly agent: string;
  readonly title: string;
  readonly content: string;
  readonly timestamp: number;
  readonly data?: Figures;
  readonly responseUrl?: string;
}

/**
 * What there is to draw of a job, in the order in which it came, so that nothing moves when more comes or the job ends.
 * The parts are the very objects of the job. Pure.
 *
 * Where the end is told and an agent's part is not, it is the end's whole text.
 */
export function answerParts(job: Job): readonly AnswerPart[] {
  const { result, answers } = job;
  if (result?.agents_invoked.some((agent) => !answers[agent])) return [wholeOf(result)];
  const place = (part: AgentResult) => job.agents.indexOf(part.agent);
  return Object.values(answers)
    .filter(({ status }) => status === 'completed')
    .sort((a, b) => a.timestamp - b.timestamp || place(a) - place(b));
}

const WHOLES = new WeakMap<NonNullable<Job['result']>, AnswerPart>();

function wholeOf(result: NonNullable<Job['result']>): AnswerPart {
  const { response, responseUrl, timestamp } = result;
  const known = WHOLES.get(result);
  const part = known ?? { agent: '', title: '', content: response, timestamp, ...(responseUrl && { responseUrl }) };
  WHOLES.set(result, part);
  return part;
}
