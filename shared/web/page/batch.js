// Batches: how far each has come, when it ends, and what can be done with it.
import { html, useEffect, useState } from './vendor/preact.js';
import * as api from './api.js';
import { Card, shapeOf } from './card.js';
import { Icon } from './icons.js';
import { address, go } from './route.js';
import { Rows } from './rows.js';
import { allBatches, can, dropBatch, jobOf, put, putBatch, use, useBatch } from './store.js';
import { nudge, renewBatch } from './stream.js';
import { toast, tried } from './toast.js';
import { useTick } from './tick.js';
import { Bar } from './watch.js';
import { clock, many, money, number, since, span, when } from './words.js';

const ofBatch = (id) => address([], { batch: id });

const firstOnes = 18;

const isOpen = (b) => b.counts.queued + b.counts.running > 0;

// Ending is when the last picture is likely to be there.
function Ending({ batch }) {
  useTick();
  if (!isOpen(batch)) return html`<span>${words[batch.status] || batch.status}</span>`;
  if (!batch.ends_at) return html`<span>Waiting</span>`;
  return html`<span>about ${span(Math.max(1, -since(batch.ends_at)))} more, until ${clock(batch.ends_at)}</span>`;
}

const words = { completed: 'Completed', canceled: 'Canceled', canceling: 'Canceling', deleting: 'Being deleted', running: 'Open' };

function Counts({ counts }) {
  const some = [['made', counts.succeeded], ['being drawn', counts.running], ['waiting', counts.queued], ['failed', counts.failed], ['canceled', counts.canceled]];
  return html`<p class="counts">${some.filter(([, n]) => n).map(([name, n]) => html`<span key=${name} class=${name}><strong>${number(n)}</strong> ${name}</span>`)}</p>`;
}

const retryAll = tried(async (id) => {
  let batch;
  let asked;
  let n = 0;
  do {
    asked = Date.now();
    batch = await api.retryBatch(id);
    n += batch.retried || 0;
  } while (batch.has_more);
  putBatch(batch, asked);
  nudge();
  toast(n ? `${many(n, 'picture')} begin again.` : 'There was none to begin again.');
});

const cancel = tried(async (id) => {
  const asked = Date.now();
  putBatch(await api.cancelBatch(id), asked);
  nudge();
});

// erase asks once more on the button itself: a batch may be thousands of pictures, and no undo brings them back.
function Erase({ batch }) {
  const [sure, ask] = useState(false);
  useEffect(() => {
    if (!sure) return undefined;
    const timer = setTimeout(() => ask(false), 8000);
    return () => clearTimeout(timer);
  }, [sure]);
  const erase = tried(async () => {
    await api.deleteBatch(batch.id);
    dropBatch(batch.id);
    toast('The batch is being deleted.');
    go(['bulk'], {});
  });
  if (sure) return html`<button type="button" class="alarm" onClick=${erase}>Delete ${many(batch.counts.total, 'picture')} for good</button>`;
  return html`<button type="button" disabled=${isOpen(batch)} title=${isOpen(batch) ? 'Cancel it first' : ''} onClick=${() => ask(true)}><${Icon} name="trash" /> Delete</button>`;
}

// First are the first pictures of the batch, in the order of its rows; all of them are a page of the gallery.
function First({ batch }) {
  const [ids, set] = useState([]);
  use('jobs');
  useEffect(() => {
    const asked = Date.now();
    api.listJobs({ batch_id: batch.id, limit: firstOnes }).then((l) => {
      l.data.forEach((j) => put(j, asked));
      set(l.data.map((j) => j.id));
    }, () => {}); // the button leads to them all the same
  }, [batch.id, batch.status]);
  const open = (id) => go(['job', id], { batch: batch.id });
  return html`<${Rows} height=${170} items=${ids.filter(jobOf).map((id) => [id, shapeOf(jobOf(id)), (style) => html`<${Card} key=${id} id=${id} style=${style} open=${open} tab=${0} />`])} />
    ${batch.counts.total > ids.length && ids.length > 0 && html`<p class="quiet">and <a href=${ofBatch(batch.id)}>${many(batch.counts.total - ids.length, 'more', 'more')}</a></p>`}`;
}

export function Batch({ id }) {
  const batch = useBatch(id);
  const [missing, miss] = useState('');
  useEffect(() => { renewBatch(id).catch((e) => miss(e.message)); }, [id]);
  if (!batch) return html`<main id="main" class="sheet"><h1>Batch</h1><p>${missing || 'Looking …'}</p><p><a href="#/bulk">All batches</a></p></main>`;
  const { counts, cost } = batch;
  return html`<main id="main" class="sheet"><p><a href="#/bulk"><${Icon} name="left" /> All batches</a></p>
    <h1 dir="auto">${batch.name || 'Batch'}</h1>
    <p class="quiet"><${Ending} batch=${batch} /> · ordered ${when(batch.created_at)}${batch.images_per_minute ? ` · ${batch.images_per_minute.toFixed(1)} a minute` : ''}</p>
    <${Bar} batch=${batch} /><${Counts} counts=${counts} />
    <p>${money(cost.list_usd)} at list price so far, ${money(cost.estimated_usd)} if each takes one call${cost.max_usd != null ? `, at most ${money(cost.max_usd)}` : ''}${batch.simulated ? '; simulated, so nothing is paid' : ''}</p>
    <div class="buttons"><a class="button strong" href=${ofBatch(id)}><${Icon} name="image" /> Show the pictures</a>
      ${isOpen(batch) && html`<button type="button" onClick=${() => cancel(id)}>Cancel the rest</button>`}
      ${counts.failed > 0 && html`<button type="button" onClick=${() => retryAll(id)}><${Icon} name="again" /> Retry ${number(counts.failed)} failed</button>`}
      ${counts.failed > 0 && html`<a class="button" href=${address([], { batch: id, status: 'failed' })}>What failed</a>`}
      ${can('stream') && counts.succeeded > 0 && html`<a class="button" href=${'/images.zip?batch_id=' + id} download><${Icon} name="down" /> Zip</a>`}
      <${Erase} batch=${batch} /></div>
    <${First} batch=${batch} /></main>`;
}

// Batches is the list beside the form.
export function Batches() {
  use('batches');
  const [more, setMore] = useState(null);
  const load = tried(async (cursor) => {
    const asked = Date.now();
    const l = await api.listBatches(20, cursor);
    l.data.forEach((b) => putBatch(b, asked));
    setMore(l.has_more ? l.next_cursor : null);
  });
  useEffect(() => { load(); }, []);
  const all = allBatches();
  return html`<section class="batches" aria-labelledby="batches-head"><h2 id="batches-head">Batches</h2>
    ${!all.length && html`<p class="quiet">None yet.</p>`}
    <ul>${all.map((b) => html`<li key=${b.id}><a href=${'#/bulk/' + b.id}><span class="line" dir="auto">${b.name || 'Batch ' + b.id.slice(0, 8)}</span>
      <span class="quiet">${b.counts.succeeded} of ${number(b.counts.total)}${b.counts.failed ? `, ${b.counts.failed} failed` : ''} · ${clock(b.created_at)}</span><${Bar} batch=${b} /></a></li>`)}</ul>
    ${more && html`<button type="button" onClick=${() => load(more)}>Earlier ones</button>`}</section>`;
}
