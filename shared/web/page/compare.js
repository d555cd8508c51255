// Compare: two pictures side by side, and in what their settings differ.
import { html, useEffect } from './vendor/preact.js';
import { Shot } from './card.js';
import { Icon } from './icons.js';
import { facts, useDialog } from './large.js';
import { jobOf, useJob } from './store.js';
import { renew } from './stream.js';
import { fail } from './toast.js';
import { ratioOf } from './words.js';

// apart marks the words that only one of two texts has, by their longest common sequence.
export function apart(a, b) {
  const x = a.split(/(\s+)/);
  const y = b.split(/(\s+)/);
  if (x.length * y.length > 4e6) return [[{ text: a, own: a !== b }], [{ text: b, own: a !== b }]];
  const length = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = y.length - 1; j >= 0; j--) length[i][j] = x[i] === y[j] ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
  }
  const left = [];
  const right = [];
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) {
      left.push({ text: x[i++] });
      right.push({ text: y[j++] });
    } else if (j >= y.length || (i < x.length && length[i + 1][j] >= length[i][j + 1])) left.push({ text: x[i++], own: true });
    else right.push({ text: y[j++], own: true });
  }
  return [left, right];
}

const Words = ({ parts }) => parts.map((p) => (p.own && p.text.trim() ? html`<mark>${p.text}</mark>` : p.text));

const passing = new Set(['ID', 'Ordered', 'Waited', 'Drawn in', 'File', 'Cost', 'Calls', 'Removed on']);

export function Compare({ ids, close, open }) {
  const [a, b] = [useJob(ids[0]), useJob(ids[1])];
  const dialog = useDialog(close);
  useEffect(() => {
    ids.filter((id) => !jobOf(id)).forEach((id) => renew(id).catch((e) => { fail(e); close(); }));
  }, []);
  return html`<dialog class="compare" tabindex="-1" ref=${dialog.ref} onCancel=${dialog.onCancel} aria-label="Compare two pictures">
    <header><h2>Compare</h2><button type="button" class="shut" aria-label="Close" onClick=${close}><${Icon} name="close" /></button></header>
    ${a && b && html`<${Both} a=${a} b=${b} open=${open} />`}
  </dialog>`;
}

function Both({ a, b, open }) {
  const [left, right] = apart(a.input.prompt, b.input.prompt);
  const names = [...new Set([...facts(a), ...facts(b)].map(([name]) => name))].filter((n) => !passing.has(n));
  const [of, other] = [Object.fromEntries(facts(a)), Object.fromEntries(facts(b))];
  const differ = names.filter((n) => of[n] !== other[n]);
  const same = names.filter((n) => of[n] === other[n]);
  return html`<div class="two">${[a, b].map((job) => html`<button type="button" key=${job.id} class="shown-large" aria-label=${'Open: ' + job.input.prompt} style=${{ '--ratio': ratioOf(job) }}
      onClick=${() => open(job.id)}>${job.images.length ? html`<${Shot} job=${job} full=${true} lazy=${false} />` : html`<span class="card-words">There is no picture.</span>`}</button>`)}</div>
    <table><caption class="unseen">In what they differ</caption>
      <colgroup><col /><col /><col /></colgroup><thead class="unseen"><tr><th scope="col">Setting</th><th scope="col">Left</th><th scope="col">Right</th></tr></thead>
      <tbody><tr><th scope="row">Prompt</th><td dir="auto"><${Words} parts=${left} /></td><td dir="auto"><${Words} parts=${right} /></td></tr>
      ${differ.map((n) => html`<tr key=${n}><th scope="row">${n}</th><td>${of[n] ?? '—'}</td><td>${other[n] ?? '—'}</td></tr>`)}</tbody></table>
    ${same.length > 0 && html`<p class="hint">The same in both: ${same.map((n) => `${n.toLowerCase()} ${of[n]}`).join(', ')}.</p>`}`;
}
