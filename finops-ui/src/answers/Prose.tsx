import { useLayoutEffect } from 'react';
import { useOverflow } from './useOverflow';

/** The modules of src/markdown, which come in a chunk of their own. */
export interface Markdown {
  readonly answerNodes: (markdown: string) => Node[];
  readonly answerHtml: (markdown: string) => string;
}

/** Shows elements of an answer that the sanitizer has let through, as they are. */
export function Prose({ nodes, className = 'prose' }: { nodes: readonly Node[]; className?: string }) {
  const { box, isWide } = useOverflow();
  useLayoutEffect(() => box.current?.replaceChildren(...nodes), [box, nodes]);
  return <div ref={box} className={className} tabIndex={isWide ? 0 : undefined} />;
}
