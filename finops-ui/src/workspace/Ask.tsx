import { memo, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { FinopsClient, Question } from '../connection/finopsClient';
import { hasEnded, type Job } from '../jobs/job';
import { AGENTS, EXAMPLES } from './agents';
import { Icon } from './Icon';
import { RefusalNotice } from './RefusalNotice';
import type { Line } from './status/connectionWords';
import { shortQuestion } from './status/jobWords';

/** What is being written; kept while other pages are looked at. */
export interface Draft {
  text: string;
  agents: readonly string[];
}

interface Props {
  readonly client: FinopsClient;
  readonly draft: Draft;
  readonly questions: readonly Question[];
  readonly jobs: ReadonlyMap<string, Job>;
  readonly cancelling: ReadonlySet<string>;
  readonly line: Line;
  /** Whether there has never been a question, as far as is known. */
  readonly isFirst: boolean;
}

/** The first page: the box, what was asked and is not acknowledged, and questions to begin with. */
export function Ask({ client, draft, questions, jobs, cancelling, line, isFirst }: Props) {
  const box = useRef<HTMLTextAreaElement>(null);
  const fill = useCallback((text: string) => fillBox(box.current, text), []);
  return (
    <div className="ask">
      <h1 id="ask-title" tabIndex={-1}>
        What would you like to know about your cloud costs?
      </h1>
      <QuestionBox client={client} draft={draft} box={box} trouble={line.trouble} />
      {questions.length > 0 && (
        <section aria-labelledby="unsent-title">
          <h2 id="unsent-title" className="visually-hidden">
            Questions on their way
          </h2>
          <ul className="questions">
            {questions.map((question) => (
              <UnsentQuestion
                key={question.requestId}
                question={question}
                client={client}
                trouble={line.trouble}
                jobs={question.refusal?.code === 'TOO_MANY_JOBS' ? jobs : undefined}
                cancelling={cancelling}
                onEdit={fill}
              />
            ))}
          </ul>
        </section>
      )}
      <Examples onPick={fill} isFirst={isFirst} />
    </div>
  );
}

/** Puts a text into the box as if it had been typed, so that it can be undone. */
function fillBox(box: HTMLTextAreaElement | null, text: string): void {
  if (!box) return;
  box.focus();
  box.select();
  if (text !== box.value) document.execCommand('insertText', false, text);
}

const LONGEST = 4000;
const COUNTED_FROM = 3500;

interface BoxProps {
  readonly client: FinopsClient;
  readonly draft: Draft;
  readonly box: RefObject<HTMLTextAreaElement | null>;
  readonly trouble: string | undefined;
}

/** The only part that is drawn at a key's press. */
const QuestionBox = memo(function QuestionBox({ client, draft, box, trouble }: BoxProps) {
  const [text, setText] = useState(draft.text);
  const [agents, setAgents] = useState(draft.agents);
  const form = useRef<HTMLFormElement>(null);
  draft.text = text;
  draft.agents = agents;
  // Characters as the contract counts them: text.length would count an emoji twice. It is never less, so it will do below.
  const length = text.length < COUNTED_FROM ? text.length : [...text].length;
  const isSendable = text.trim() !== '' && length <= LONGEST;

  useEffect(() => {
    // A finger's device would open its keyboard over the page.
    if (matchMedia('(pointer: fine)').matches) box.current?.focus();
  }, [box]);

  const send = () => {
    if (!isSendable) return;
    client.ask(text.trim(), agents.length > 0 ? agents : undefined);
    setText('');
    box.current?.focus();
  };
  return (
    <form
      ref={form}
      className="box"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        aria-labelledby="ask-title"
        aria-describedby="box-hint box-count"
        aria-invalid={length > LONGEST}
        placeholder="For example: What was my S3 spend last month?"
        rows={3}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          // 229: Safari ends the composition before it tells the key that ended it.
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
          event.preventDefault();
          form.current?.requestSubmit();
        }}
      />
      <div className="box-foot">
        <AgentChoice chosen={agents} onChoose={setAgents} />
        <p id="box-count" className="count" data-tone={length > LONGEST ? 'bad' : 'soft'}>
          {length > LONGEST
            ? `${number.format(length - LONGEST)} characters too many`
            : length >= COUNTED_FROM && `${number.format(length)} of ${number.format(LONGEST)}`}
        </p>
        <button type="submit" className="button send" disabled={!isSendable}>
          Ask
          <Icon name="send" />
        </button>
      </div>
      <p id="box-hint" className="hint">
        {trouble ? (
          <span data-tone="warning">{trouble} What you ask now will be sent when you are back.</span>
        ) : (
          'Enter sends. Shift + Enter: new line.'
        )}
      </p>
    </form>
  );
});

const number = new Intl.NumberFormat('en');

function AgentChoice({
  chosen,
  onChoose,
}: {
  chosen: readonly string[];
  onChoose: (agents: readonly string[]) => void;
}) {
  const titles = AGENTS.filter(({ name }) => chosen.includes(name)).map(({ title }) => title);
  return (
    <details className="agent-choice">
      <summary>Agents: {titles.length === 0 ? 'whichever fit' : titles.join(', ')}</summary>
      <fieldset>
        <legend>Ask only</legend>
        {AGENTS.map(({ name, title, about }) => (
          <label key={name} className="choice">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={({ target }) =>
                onChoose(target.checked ? [...chosen, name] : chosen.filter((other) => other !== name))
              }
            />
            <span>
              {title}
              <small>{about}</small>
            </span>
          </label>
        ))}
      </fieldset>
    </details>
  );
}

interface UnsentProps {
  readonly question: Question;
  readonly client: FinopsClient;
  readonly trouble: string | undefined;
  readonly jobs: ReadonlyMap<string, Job> | undefined;
  readonly cancelling: ReadonlySet<string>;
  readonly onEdit: (text: string) => void;
}

const UnsentQuestion = memo(function UnsentQuestion(props: UnsentProps) {
  const { question, client, trouble, jobs, cancelling, onEdit } = props;
  const { requestId, query, refusal } = question;
  const withdraw = () => client.withdraw(requestId);
  return (
    <li className="unsent">
      <p className="unsent-question">{shortQuestion(query, 300)}</p>
      {refusal ? (
        <RefusalNotice
          refusal={refusal}
          remedies={{
            wait: () => client.askAgain(requestId),
            cancelOne: () => client.askAgain(requestId),
            // No job was made, so the same id is safe, and can never ask twice.
            askAnew: () => client.askAgain(requestId),
            askAnyAgent: () => {
              withdraw();
              client.ask(query);
            },
            signIn: () => client.start(),
            reload: () => location.reload(),
            connect: () => client.retry(),
            edit: () => {
              withdraw();
              onEdit(query);
            },
            forget: withdraw,
          }}
        >
          {jobs && <CancelOne jobs={jobs} cancelling={cancelling} onCancel={(jobId) => client.cancel(jobId)} />}
        </RefusalNotice>
      ) : (
        <p className="unsent-state">
          <span data-tone={trouble ? 'warning' : 'busy'}>{trouble ? 'Will be sent when you are back' : 'Sending'}</span>
          {trouble && (
            <button type="button" className="quiet-button" onClick={withdraw}>
              Do not send
            </button>
          )}
        </p>
      )}
    </li>
  );
});

function CancelOne({
  jobs,
  cancelling,
  onCancel,
}: {
  jobs: ReadonlyMap<string, Job>;
  cancelling: ReadonlySet<string>;
  onCancel: (jobId: string) => void;
}) {
  return (
    <ul className="cancel-one">
      {[...jobs.values()]
        .filter((job) => !hasEnded(job))
        .map((job) => (
          <li key={job.jobId}>
            <span>{shortQuestion(job.query, 80)}</span>
            <button
              type="button"
              className="quiet-button"
              disabled={cancelling.has(job.jobId)}
              aria-label={`Cancel: ${shortQuestion(job.query)}`}
              onClick={() => onCancel(job.jobId)}
            >
              {cancelling.has(job.jobId) ? 'Cancelling' : 'Cancel'}
            </button>
          </li>
        ))}
    </ul>
  );
}

const Examples = memo(function Examples({ onPick, isFirst }: { onPick: (text: string) => void; isFirst: boolean }) {
  return (
    <section className="examples" aria-labelledby="examples-title">
      <h2 id="examples-title">{isFirst ? 'Begin with one of these' : 'Examples'}</h2>
      <p>A click puts the question into the box, where you can change it.</p>
      <div className="example-groups">
        {EXAMPLES.map(({ group, questions }) => (
          <section key={group}>
            <h3>{group}</h3>
            <ul>
              {questions.map((question) => (
                <li key={question}>
                  <button type="button" className="example" onClick={() => onPick(question)}>
                    {question}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  );
});
