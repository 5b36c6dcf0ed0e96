/**
 * Plugin of markdown-it: an image becomes a link to it, or plain text where it stands in a link already. Loading an
 * image would tell its host who reads the answer, and could carry the answer's content there in the address.
 *
 * @param {import('markdown-it').default} markdown
 */
export function imagesAsLinks(markdown) {
  markdown.core.ruler.push('images_as_links', ({ tokens, Token }) => {
    for (const block of tokens) {
      if (block.children) block.children = withoutImages(block.children);
    }

    function withoutImages(inline) {
      let inLink = false;
      return inline.flatMap((token) => {
        if (token.type === 'link_open') inLink = true;
        if (token.type === 'link_close') inLink = false;
        if (token.type !== 'image') return [token];
        return inLink ? [altText(token)] : asLink(token);
      });
    }

    function asLink(image) {
      const open = new Token('link_open', 'a', 1);
      open.attrs = [['href', image.attrGet('src')]];
      return [open, altText(image), new Token('link_close', 'a', -1)];
    }

    function altText(image) {
      const text = new Token('text', '', 0);
      text.content = markdown.renderer.renderInlineAsText(image.children, markdown.options, {}) || 'image';
      return text;
    }
  });
}
