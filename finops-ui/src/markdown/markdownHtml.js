import MarkdownIt from 'markdown-it';

import { alignedCells } from './alignedCells.js';
import { isWithinBounds, MOST_CHARACTERS, MOST_CHARACTERS_IN_ADDRESS, MOST_NESTING } from './answerBounds.js';
import { imagesAsLinks } from './imagesAsLinks.js';
import { plainHtml } from './plainHtml.js';

const markdown = new MarkdownIt({ html: false, linkify: true, maxNesting: MOST_NESTING })
  .use(imagesAsLinks)
  .use(alignedCells);
markdown.validateLink = isAllowedAddress;
// A fence would name its language in a class, and classes are the page's own.
markdown.renderer.rules.fence = markdown.renderer.rules.code_block;
// Without a title, which is drawn over the page, and without an address where none is given: that would be the page's.
markdown.renderer.rules.link_open = (tokens, index) => {
  const address = tokens[index].attrGet('href');
  return address ? `<a href="${markdown.utils.escapeHtml(address)}">` : '<a>';
};

/**
 * Renders markdown as HTML that holds no element but the parser's own, and no address but https. This is the first of
 * two controls.
 *
 * @param {string} text markdown (CommonMark with tables and bare addresses)
 * @returns {string} HTML; the text as it is where it is too long, or nested too deeply, to be rendered
 */
export function markdownHtml(text) {
  if (text.length > MOST_CHARACTERS) return plainHtml(text);
  const tokens = markdown.parse(text, {});
  return isWithinBounds(tokens) ? markdown.renderer.render(tokens, markdown.options, {}) : plainHtml(text);
}

function isAllowedAddress(address) {
  if (address.length > MOST_CHARACTERS_IN_ADDRESS) return false;
  // Without the slashes, https: on an https page is an address on the page's own host.
  if (!/^https:\/\//i.test(address) || !URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return !username && !password;
}
