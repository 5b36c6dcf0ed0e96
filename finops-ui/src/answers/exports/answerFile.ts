import type { Job } from '../../jobs/job';
import type { AnswerPart } from '../answerParts';

/**
 * Makes a text of a whole answer: the question, when it was asked, the job, and each part under its title. Pure.
 *
 * @param textOf a part's text; undefined if only its beginning is there
 */
export function answerFile(
  job: Job,
  parts: readonly AnswerPart[],
  textOf: (part: AnswerPart) => string | undefined,
): string {
  const question = job.query.split('\n').map((line) => `> ${line}`.trimEnd());
  const asked = job.createdAt === undefined ? [] : [`Asked: ${new Date(job.createdAt * 1000).toISOString()}  `];
  const partial = job.result?.partial ? ['', 'This answer is partial: an agent has failed.'] : [];
  const texts = parts.map((part) => {
    const text = textOf(part) ?? `${part.content.trim()}\n\n(The rest of this answer could not be loaded.)`;
    return `${part.title ? `## ${part.title}\n\n` : ''}${text.trim()}\n`;
  });
  return `${[...question, '', ...asked, `Job: ${job.jobId}`, ...partial].join('\n')}\n\n${texts.join('\n')}`;
}
