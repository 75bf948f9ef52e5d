/** The page of a plan: the graph, and what would happen. Knows nothing of VS Code. */

import { randomBytes } from 'node:crypto';

/** What the page shows. A part that could not be had is replaced by the reason. */
export interface Shown {
  readonly title: string;
  readonly text: string;
  readonly graph: string;
}

/** A text as HTML shows it. */
export function escaped(text: string): string {
  const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, mark => marks[mark] ?? mark);
}

/**
 * The page. It loads nothing and runs nothing: the drawing is an image within it, in which a browser runs no script and follows no
 * address, and its one style has a nonce.
 */
export function page({ title, text, graph }: Shown): string {
  const nonce = randomBytes(16).toString('hex');
  const drawing = graph.startsWith('<svg')
    ? `<img alt="Datasets and consumers" src="data:image/svg+xml;base64,${Buffer.from(graph).toString('base64')}">`
    : `<p>${escaped(graph)}</p>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'nonce-${nonce}'">
<title>${escaped(title)}</title>
<style nonce="${nonce}">
img { max-width: 100%; background: white; border-radius: 4px; }
pre { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
</style>
</head>
<body>
${drawing}
<pre>${escaped(text)}</pre>
</body>
</html>
`;
}
