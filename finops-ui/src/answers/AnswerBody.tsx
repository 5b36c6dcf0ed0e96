import { AgentPart } from './AgentPart';
import type { AnswerProps } from './Answer';
import { AnswerTools } from './AnswerTools';
import { AskAgain } from './AskAgain';
import type { AnswerPart } from './answerParts';
import type { Markdown } from './Prose';
import { useWholeTexts } from './useWholeTexts';

type Props = AnswerProps & { readonly parts: readonly AnswerPart[]; readonly markdown: Markdown };

/** The parts, one below the other, and under them what can be done with the whole. */
export function AnswerBody({ job, parts, markdown, onAskAgain, onRenew }: Props) {
  const { textOf, stateOf, load } = useWholeTexts(parts, onRenew);
  return (
    <>
      {parts.map((part) => (
        <AgentPart
          key={part.agent}
          part={part}
          text={textOf(part)}
          state={stateOf(part)}
          onLoad={load}
          markdown={markdown}
          question={job.query}
        />
      ))}
      <AnswerTools job={job} parts={parts} textOf={textOf} load={load} markdown={markdown} />
      <AskAgain question={job.query} onAskAgain={onAskAgain} />
    </>
  );
}
