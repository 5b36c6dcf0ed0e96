/** A markdown table as the page has it: its texts, and its cells' elements, which may have links and code. */
export interface MarkdownTable {
  readonly headings: readonly string[];
  readonly lines: readonly (readonly string[])[];
  readonly cells: readonly (readonly Element[])[];
}

export function markdownTable(table: Element): MarkdownTable {
  const [head, ...body] = [...table.querySelectorAll('tr')].map((row) => [...row.children]);
  const texts = (row: readonly Element[]) => row.map((cell) => cell.textContent ?? '');
  return { headings: texts(head ?? []), lines: body.map(texts), cells: body };
}
