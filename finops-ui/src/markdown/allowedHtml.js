import createDOMPurify from 'dompurify';

import { visibleText } from './visibleText.js';

const ALLOWED = {
  ALLOWED_TAGS: [
    ...['a', 'bdi', 'blockquote', 'br', 'code', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p', 'pre'],
    ...['s', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'],
  ],
  ALLOWED_ATTR: ['align', 'href', 'start'],
  ALLOWED_URI_REGEXP: /^https:\/\//i,
  // Their values are no addresses.
  ADD_URI_SAFE_ATTR: ['align', 'start'],
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  ALLOWED_NAMESPACES: ['http://www.w3.org/1999/xhtml'],
  RETURN_DOM: true,
};
const MORE_THAN_FORMATTED_TEXT = ':not(bdi, br, code, em, s, strong)';

// An instance of its own: the hooks are not those of whoever else sanitizes in the page.
const purifier = createDOMPurify(window);
purifier.setConfig(ALLOWED);
purifier.addHook('beforeSanitizeElements', (node) => {
  if (node.nodeType === Node.TEXT_NODE) node.data = visibleText(node.data);
});

/**
 * Lets through what an answer may be made of, and nothing else. This is the second of two controls: it holds for any
 * HTML whatever.
 *
 * @param {string} html
 * @returns {Node[]} allowed elements with allowed attributes, without invisible characters; each link is https, opens a
 *     tab of its own that learns nothing of this one, and shows the host it leads to
 */
export function allowedNodes(html) {
  const body = purifier.sanitize(html);
  // There is none where the HTML is a frameset.
  if (!body) return [];
  // Not in a hook: what a link shows is known when all that it holds is sanitized.
  for (const link of body.querySelectorAll('a')) finishLink(link);
  return [...body.childNodes];
}

/**
 * The same as HTML, for whoever needs text.
 *
 * @param {string} html
 * @returns {string}
 */
export function allowedHtml(html) {
  const box = document.createElement('div');
  box.append(...allowedNodes(html));
  return box.innerHTML;
}

function finishLink(link) {
  // The page's parser would take a link apart that holds another, or a paragraph: one part would show the host, and
  // another would not.
  if (link.querySelector(MORE_THAN_FORMATTED_TEXT)) link.textContent = link.textContent;
  const address = link.getAttribute('href') ?? '';
  // A browser shows what stands before an @ where a reader looks for the host.
  if (!URL.canParse(address) || new URL(address).username || new URL(address).password) {
    link.removeAttribute('href');
    return;
  }
  const { origin, host } = new URL(address);
  link.setAttribute('target', '_blank');
  link.setAttribute('rel', 'noopener noreferrer nofollow');
  if (!showsOrigin(link.textContent, origin)) link.append(hostLabel(host));
}

// Whoever would judge by looks which texts pass for an address is wrong sometimes, so only the address itself will do.
function showsOrigin(text, origin) {
  return text === origin || text.startsWith(`${origin}/`);
}

function hostLabel(host) {
  const label = document.createElement('bdi');
  label.textContent = ` (${host})`;
  return label;
}
