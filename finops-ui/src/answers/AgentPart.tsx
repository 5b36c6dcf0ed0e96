import { Fragment, memo, useId, useMemo } from 'react';
import type { AnswerPart } from './answerParts';
import { answerSections, type Block, headlineOf, type Section } from './answerSections';
import { FigureView } from './figures/FigureView';
import { markdownTable } from './figures/markdownTable';
import { placedFigures } from './figures/placedFigures';
import { type Markdown, Prose } from './Prose';
import type { WholeState } from './useWholeTexts';

interface Props {
  readonly part: AnswerPart;
  /** Its content, or the whole if that was cut and is loaded. */
  readonly text: string;
  readonly state: WholeState;
  readonly onLoad: (part: AnswerPart) => void;
  readonly markdown: Markdown;
  readonly question: string;
}

/** What one agent has said: headline, charts and tables, prose, and how it was answered. */
export const AgentPart = memo(function AgentPart({ part, text, state, onLoad, markdown, question }: Props) {
  const heading = useId();
  const drawn = useMemo(() => drawnSections(markdown.answerNodes(text), part), [markdown, text, part]);
  return (
    <section className="answer-part" aria-labelledby={part.title ? heading : undefined}>
      {part.title && <h2 id={heading}>{part.title}</h2>}
      {drawn.length === 0 && <p className="understood">This agent has answered without a text.</p>}
      {drawn.map(({ kind, nodes, figures }, index) => (
        <Fragment key={index}>
          {kind === 'headline' && <HeadlineView paragraph={nodes[0] as Element} />}
          {kind === 'understood' && <Prose nodes={nodes} className="prose understood" />}
          {kind === 'how' && (
            <details className="how">
              <summary>How this was answered</summary>
              <Prose nodes={nodes} />
            </details>
          )}
          {kind === 'prose' && nodes.length > 0 && <Prose nodes={nodes} />}
          {figures.map((shown) => (
            <FigureView key={shown.id} shown={shown} question={question} />
          ))}
        </Fragment>
      ))}
      {state !== 'whole' && <CutNotice part={part} state={state} onLoad={onLoad} />}
    </section>
  );
});

function HeadlineView({ paragraph }: { paragraph: Element }) {
  const [lead, rest] = useMemo(() => {
    const [strong, ...others] = [...paragraph.childNodes];
    return [strong?.textContent ?? '', others] as const;
  }, [paragraph]);
  const headline = headlineOf(lead);
  const restText = rest.map((node) => node.textContent).join('');
  return (
    <div className="headline">
      <p>
        {headline ? (
          <>
            <span className="headline-label">{headline.label}</span>
            <span className="visually-hidden">: </span>
            <strong className="headline-figure">{headline.figure}</strong>
            {headline.detail && <span className="headline-detail">{headline.detail}</span>}
          </>
        ) : (
          <strong className="headline-sentence">{lead}</strong>
        )}
      </p>
      {/[\p{L}\p{N}]/u.test(restText) && <Rest nodes={rest} />}
    </div>
  );
}

/** What the headline's paragraph goes on with. */
function Rest({ nodes }: { nodes: readonly ChildNode[] }) {
  const trimmed = useMemo(() => {
    const copies = nodes.map((node) => node.cloneNode(true));
    const [first] = copies;
    if (first instanceof Text) first.data = first.data.replace(/^[.,;:\s]+/, '');
    return copies;
  }, [nodes]);
  return <Prose nodes={trimmed} className="headline-rest" />;
}

function CutNotice({ part, state, onLoad }: Pick<Props, 'part' | 'state' | 'onLoad'>) {
  return (
    <div className="cut" role="status">
      {state === 'failed' ? (
        <p>The whole answer could not be loaded. Check the connection and try again.</p>
      ) : (
        <p>This is the beginning of a long answer.</p>
      )}
      <button type="button" className="quiet-button" disabled={state === 'loading'} onClick={() => onLoad(part)}>
        {state === 'loading' ? 'Loading …' : state === 'failed' ? 'Try again' : 'Show the whole answer'}
      </button>
    </div>
  );
}

interface DrawnSection {
  readonly kind: Section['kind'] | 'figures';
  readonly nodes: readonly Node[];
  readonly figures: ReturnType<typeof placedFigures>['first'];
}

function drawnSections(nodes: readonly Node[], { data }: AnswerPart): DrawnSection[] {
  const elements = nodes.filter((node): node is Element => node instanceof Element);
  const sections = answerSections(elements.map(blockOf));
  const tables = sections
    .filter(({ kind }) => kind === 'table')
    .map(({ from }) => markdownTable(elements[from] as Element));
  const { first, inPlace } = placedFigures(tables, data ?? []);
  const drawn = sections.map(({ kind, from, to }): DrawnSection => {
    const figure = kind === 'table' ? inPlace.shift() : undefined;
    return { kind, nodes: elements.slice(kind === 'how' ? from + 1 : from, to), figures: figure ? [figure] : [] };
  });
  // Figures that no table stands for come before the first prose: after the headline, if there is one.
  const place = sections.findIndex(({ kind }) => kind !== 'understood' && kind !== 'headline');
  if (first.length > 0)
    drawn.splice(place < 0 ? drawn.length : place, 0, { kind: 'figures', nodes: [], figures: first });
  return drawn;
}

function blockOf(element: Element): Block {
  const first = element.firstChild;
  const lead = first instanceof Element && first.localName === 'strong' ? (first.textContent ?? '') : undefined;
  return { tag: element.localName, text: element.textContent ?? '', ...(lead !== undefined && { lead }) };
}
