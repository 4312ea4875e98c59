import { createElement, type ReactElement } from 'react';
import { createRoot, type Root } from 'react-dom/client';

/**
 * A panel that the viewer renders with its React and that is drawn with ours. The component itself uses no hook and only
 * returns a host element; our own root is mounted inside it, so that two Reacts never share a dispatcher.
 */
export function island(content: ReactElement): () => ReactElement {
  let root: Root | undefined;
  // One function for all renderings: another one would unmount and mount the panel each time.
  const attach = (element: HTMLElement | null) => {
    if (element) {
      root = createRoot(element);
      root.render(content);
    } else {
      const old = root;
      root = undefined;
      queueMicrotask(() => old?.unmount());
    }
  };
  return () => createElement('div', { ref: attach, className: 'medsam2-panel' });
}
