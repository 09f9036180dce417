import { render } from 'preact';
import { App } from './views/app.tsx';

// The page lies beside what it describes, also behind a proxy that puts a path of its own in front.
const base = new URL('.', document.baseURI).href.replace(/\/+$/, '');
const root = document.getElementById('explorer');
if (root !== null) render(<App base={base} />, root);
