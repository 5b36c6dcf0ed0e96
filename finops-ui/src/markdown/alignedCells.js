/**
 * Plugin of markdown-it: says how a table's cell is aligned by the `align` attribute. The parser says it by `style`,
 * which no answer may use.
 *
 * @param {import('markdown-it').default} markdown
 */
export function alignedCells(markdown) {
  markdown.core.ruler.push('aligned_cells', ({ tokens }) => {
    for (const token of tokens) {
      const style = token.attrGet('style');
      if (style) token.attrs = [['align', style.replace('text-align:', '')]];
    }
  });
}
