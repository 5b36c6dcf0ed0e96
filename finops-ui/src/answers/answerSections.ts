/** What stands at the top level of an answer's markdown: an element's name and its text. */
export interface Block {
  readonly tag: string;
  readonly text: string;
  /** The bold text with which a paragraph begins. */
  readonly lead?: string;
}

/** A stretch of an answer: the blocks from `from` up to, and without, `to`. */
export interface Section {
  readonly kind: 'understood' | 'headline' | 'table' | 'how' | 'prose';
  readonly from: number;
  readonly to: number;
}

/** A headline's parts: "Cost in May: 12.50 USD, 3 % more" is a label, a figure and a detail. */
export interface Headline {
  readonly label: string;
  readonly figure: string;
  readonly detail: string;
}

const UNDERSTOOD = /^I understood: /;
const HOW = /^How (this|it) was (calculated|answered|computed)[:.]?$/i;
const LONGEST_HEADLINE = 300;
// Of more than these, an answer's tables stay as they are: each one that can be sorted costs some elements.
const MOST_TABLES = 20;

/**
 * Finds in an answer what the sample agents put there: what was understood, the headline, tables, how it was
 * calculated. An answer without them is prose. Each block is in exactly one section, in the answer's order. Pure.
 */
export function answerSections(blocks: readonly Block[]): Section[] {
  const sections: Section[] = [];
  let tables = 0;
  for (let at = 0; at < blocks.length; ) {
    const kind = kindOf(blocks, at, sections.at(-1), tables);
    const to = kind === 'how' ? endOfHow(blocks, at) : at + 1;
    const last = sections.at(-1);
    if (kind === 'prose' && last?.kind === 'prose') sections[sections.length - 1] = { ...last, to };
    else sections.push({ kind, from: at, to });
    if (kind === 'table') tables++;
    at = to;
  }
  return sections;
}

function kindOf(blocks: readonly Block[], at: number, before: Section | undefined, tables: number): Section['kind'] {
  const { tag, text, lead } = blocks[at] as Block;
  if (tag === 'table') return tables < MOST_TABLES ? 'table' : 'prose';
  if (HOW.test(text.trim()) && endOfHow(blocks, at) > at + 1) return 'how';
  if (tag !== 'p') return 'prose';
  if (UNDERSTOOD.test(text)) return 'understood';
  const isFirst = before === undefined || before.kind === 'understood';
  return isFirst && lead && lead.length <= LONGEST_HEADLINE && isSentence(lead, text) ? 'headline' : 'prose';
}

/** Whether a paragraph's bold beginning says something by itself: "**S3** cost 5 USD" and "**Total:** 5 USD" do not. */
function isSentence(lead: string, text: string): boolean {
  const rest = text.slice(lead.length);
  return !/:\s*$/.test(lead) && (/[.!?]\s*$/.test(lead) || /^\s*(?:$|[.!?,;:]|\n)/.test(rest));
}

/** Under a paragraph it is the lists that follow; under a heading, all up to the next heading. */
function endOfHow(blocks: readonly Block[], at: number): number {
  const isHeading = /^h\d$/.test(blocks[at]?.tag ?? '');
  const belongs = isHeading ? (tag: string) => !/^h\d$/.test(tag) : (tag: string) => tag === 'ul' || tag === 'ol';
  let to = at + 1;
  for (let next = blocks[to]; next && belongs(next.tag); next = blocks[to]) to++;
  return to;
}

const NUMBER = String.raw`[-+−]?\p{Sc}?\d+(?:[.,]\d+)*`;
const UNIT = String.raw`[ \u00a0]?%|[ \u00a0][A-Z]{3}`;
// "12.50 USD a month"; or of any unit, where nothing but a comma follows: "3 services have this name" is no figure.
const FIGURE = `${NUMBER}(?:(?:${UNIT})(?: (?:a|per) \\p{L}+)?(?![\\p{L}\\d])|(?: [^\\s,;]+)?(?=[,;] |$))`;
// A label that has a figure of its own ("40.8 % of the cost is S3: 5 USD of 12 USD") says more than the one behind it.
const HEADLINE = new RegExp(`^(?<label>\\D.*?): (?<figure>${FIGURE})(?:[,;]? (?<detail>.+))?$`, 'su');
// What goes on with the figure, so that the figure by itself would be wrong.
const GOES_ON = /^(?:and|plus|or|to|of|\+|-|–)\s/;

/**
 * Takes a headline apart, for the figure to be set large.
 *
 * @returns undefined for a sentence, which is a headline as it is. Pure.
 */
export function headlineOf(lead: string): Headline | undefined {
  const { label, figure, detail = '' } = HEADLINE.exec(lead.replace(/\.$/, ''))?.groups ?? {};
  return label && figure && !GOES_ON.test(detail) ? { label, figure, detail } : undefined;
}
