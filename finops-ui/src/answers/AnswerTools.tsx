import { useState } from 'react';
import type { Job } from '../jobs/job';
import type { AnswerPart } from './answerParts';
import { answerFile } from './exports/answerFile';
import { copyRich } from './exports/copyRich';
import { downloadText } from './exports/downloadText';
import { fileName } from './exports/fileName';
import type { Markdown } from './Prose';

interface Props {
  readonly job: Job;
  readonly parts: readonly AnswerPart[];
  readonly textOf: (part: AnswerPart) => string;
  readonly load: (part: AnswerPart) => Promise<string | undefined>;
  readonly markdown: Markdown;
}

/** The whole answer to take along: as formatted text, and as a file. */
export function AnswerTools({ job, parts, textOf, load, markdown }: Props) {
  const [said, setSaid] = useState('');
  const wholeText = async () => {
    const isCut = (part: AnswerPart) => part.responseUrl && textOf(part) === part.content;
    const texts = new Map<AnswerPart, string | undefined>();
    setSaid(parts.some(isCut) ? 'Loading the whole answer …' : '');
    for (const part of parts) texts.set(part, isCut(part) ? await load(part) : textOf(part));
    return answerFile(job, parts, (part) => texts.get(part));
  };
  const copy = () =>
    copyRich(wholeText(), markdown.answerHtml).then(
      () => setSaid('Copied.'),
      () => setSaid('The browser did not allow to copy.'),
    );
  const download = async () => {
    downloadText(fileName(job.query, '', 'md'), 'text/markdown', await wholeText());
    setSaid('');
  };

  return (
    <div className="answer-tools">
      <button type="button" className="quiet-button" onClick={copy}>
        Copy answer
      </button>
      <button type="button" className="quiet-button" onClick={download}>
        Download .md
      </button>
      <span role="status">{said}</span>
    </div>
  );
}
