// Find: pages of a hundred, filters and search. A page stays as it was loaded; what is new is announced by a button.
import { html, useEffect, useRef, useState } from './vendor/preact.js';
import { listJobs, Problem } from './api.js';
import { Card, shapeOf } from './card.js';
import { Icon } from './icons.js';
import { go } from './route.js';
import { Rows } from './rows.js';
import { batchOf, can, isRemoved, jobOf, learn, modelList, modelOf, onEnd, put, putBatch, unfinished, use } from './store.js';
import { getBatch } from './api.js';
import { Now, nowIds } from './watch.js';
import { many } from './words.js';

const perPage = 100;

// The list as it is: shared with the large view, whose arrow keys follow it.
const list = { ids: [], cursors: [null], next: null, filter: '' };
export const shownIds = (cleared) => [...nowIds(cleared), ...list.ids.filter((id) => !isRemoved(id))];

const wanted = ({ status, model, batch, starred, q }) => ({ status, model, batch_id: batch, starred: starred ? 'true' : '', q });

// fits reports whether a job belongs to what is filtered, as far as the page can tell.
function fits(job, { status, model, batch, starred, q }) {
  return (!status || status.split(',').includes(job.status)) && (!model || modelOf(model)?.id === job.model)
    && (!batch || job.batch_id === batch) && (!starred || job.starred) && (!q || job.input.prompt.toLowerCase().includes(q.toLowerCase()));
}

// useList loads the pages of a filter. Where one is, is kept in the history, so that a reload stays there.
export function useList(filter) {
  const [state, set] = useState({ ids: [], loading: true });
  const [fresh, setFresh] = useState(new Set());
  const [cleared, setCleared] = useState(new Set());
  const key = JSON.stringify(filter);
  const running = useRef();
  const load = async (cursors) => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    set((s) => ({ ...s, loading: true, error: null }));
    try {
      const asked = Date.now();
      const answer = await listJobs({ ...wanted(filter), limit: perPage, cursor: cursors.at(-1) }, control.signal);
      answer.data.forEach((j) => put(j, asked));
      const first = cursors.length === 1;
      if (first) {
        setFresh(new Set());
        setCleared(new Set(answer.data.filter((j) => jobOf(j.id)).map((j) => j.id)));
      }
      Object.assign(list, { ids: answer.data.map((j) => j.id), cursors, next: answer.next_cursor, filter: key });
      history.replaceState({ cursors, key }, '', location.href);
      set({ ids: list.ids, loading: false, page: cursors.length, more: answer.has_more, first });
      return list.ids;
    } catch (e) {
      if (e.name === 'AbortError') return null;
      if (e instanceof Problem && e.fields.some((f) => (f.pointer || f.parameter || '').includes('q'))) learn('search', false);
      set({ ids: [], loading: false, error: e });
      return null;
    }
  };
  useEffect(() => {
    const kept = history.state?.key === key && history.state.cursors;
    load(kept || [null]);
    return () => running.current?.abort();
  }, [key]);
  useEffect(() => onEnd((job) => {
    if (!list.ids.includes(job.id) && fits(job, filter)) setFresh((s) => new Set(s).add(job.id));
  }), [key]);
  return {
    ...state, fresh, cleared,
    renew: () => load([null]),
    reload: () => load(list.cursors),
    older: () => (list.next ? load([...list.cursors, list.next]) : null),
    newer: () => (list.cursors.length > 1 ? load(list.cursors.slice(0, -1)) : null),
    first: () => load([null]),
  };
}

const states = [['', 'All'], ['succeeded', 'Made'], ['queued,running', 'Under way'], ['failed', 'Failed'], ['canceled', 'Canceled']];

// Filters say what is looked for. Typing searches after a moment.
export function Filters({ filter }) {
  use('models');
  use('abilities');
  const timer = useRef();
  const set = (part, replace) => go([], { ...filter, ...part }, replace);
  const search = (q) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => set({ q }, true), 300);
  };
  return html`<div class="filters" role="search">
    <label class="search"><${Icon} name="search" /><input type="search" aria-label="Search in the prompts" placeholder=${can('search') ? 'Search in the prompts' : 'No search on this server'}
      disabled=${!can('search')} defaultValue=${filter.q || ''} key=${filter.q ? 'some' : 'none'} onInput=${(e) => search(e.target.value.trim())} /></label>
    <select aria-label="State" value=${filter.status || ''} onChange=${(e) => set({ status: e.target.value })}>
      ${states.map(([v, text]) => html`<option key=${v} value=${v}>${text}</option>`)}</select>
    <select aria-label="Model" value=${filter.model || ''} onChange=${(e) => set({ model: e.target.value })}>
      <option value="">Every model</option>${modelList().map((m) => html`<option key=${m.alias} value=${m.alias}>${m.name}</option>`)}</select>
    <button type="button" class="toggle" aria-pressed=${Boolean(filter.starred)} onClick=${() => set({ starred: filter.starred ? '' : '1' })}><${Icon} name="star" full=${filter.starred} /> Starred</button>
    ${filter.batch && html`<${BatchChip} id=${filter.batch} drop=${() => set({ batch: '' })} />`}
    ${Object.values(filter).some(Boolean) && html`<button type="button" class="plain" onClick=${() => go([], {})}>Clear</button>`}
  </div>`;
}

function BatchChip({ id, drop }) {
  use(id);
  useEffect(() => { if (!batchOf(id)) getBatch(id).then(putBatch, () => {}); }, [id]);
  return html`<span class="chip"><a href=${'#/bulk/' + id}>${batchOf(id)?.name || 'Batch ' + id.slice(0, 8)}</a>
    <button type="button" class="plain" aria-label="Show the pictures of every batch" onClick=${drop}>×</button></span>`;
}

function Empty({ filter, error, renew }) {
  if (error && !can('search') && filter.q) {
    return html`<div class="empty"><p><strong>This server has no search.</strong></p><p>It keeps its records where words cannot be looked up. The filters work.</p>
      <button type="button" onClick=${() => go([], { ...filter, q: '' })}>Leave the search</button></div>`;
  }
  if (error) return html`<div class="empty"><p><strong>${error.message}</strong></p><button type="button" onClick=${renew}>Try again</button></div>`;
  if (Object.values(filter).some(Boolean)) {
    return html`<div class="empty"><p><strong>Nothing here fits.</strong></p><button type="button" onClick=${() => go([], {})}>Show everything</button></div>`;
  }
  if (unfinished().length) return null;
  return html`<div class="empty first"><p><strong>No pictures yet.</strong></p><p>Write what you want to see and press Make. It appears here.</p></div>`;
}

function Pager({ l }) {
  const to = (f) => async () => { if (await f()) scrollTo({ top: 0 }); };
  if (!l.page || (l.page === 1 && !l.more)) return null;
  return html`<nav class="pager" aria-label="Pages">
    ${l.page > 2 && html`<button type="button" onClick=${to(l.first)}>First</button>`}
    <button type="button" disabled=${l.page === 1} onClick=${to(l.newer)}><${Icon} name="left" /> Newer</button>
    <span>Page ${l.page}</span>
    <button type="button" disabled=${!l.more} onClick=${to(l.older)}>Older <${Icon} name="right" /></button>
  </nav>`;
}

// News is the button that brings what has come since.
function News({ l }) {
  const n = [...l.fresh].filter((id) => !isRemoved(id)).length;
  if (!n || l.loading) return null;
  return html`<button type="button" class="news" onClick=${async () => { await l.renew(); scrollTo({ top: 0 }); }}>${n} new</button>`;
}

export function Gallery({ filter, l, open, edit, picks, current }) {
  use('jobs');
  const everything = !Object.values(filter).some(Boolean);
  const above = new Set(everything ? nowIds(l.cleared) : []);
  const ids = l.ids.filter((id) => !isRemoved(id) && !above.has(id) && jobOf(id));
  picks.order.current = everything ? [...above, ...ids] : ids;
  return html`<section class="gallery" aria-label="Pictures" aria-busy=${l.loading}>
    <${Filters} filter=${filter} />
    ${everything && html`<${Now} cleared=${l.cleared} open=${open} edit=${edit} pick=${picks.pick} picked=${picks.set} current=${current} />`}
    <div class="list-head"><h2>${everything ? 'All pictures' : 'Found'}</h2><${News} l=${l} />
      ${ids.length > 0 && html`<button type="button" class="plain" onClick=${picks.all}>Select the page</button>`}</div>
    <${Rows} height=${225} items=${ids.map((id) => [id, shapeOf(jobOf(id)), (style) => html`<${Card} key=${id} id=${id} style=${style} open=${open}
      pick=${picks.pick} picked=${picks.set.has(id)} current=${current === id} />`])} />
    ${!l.loading && !ids.length && !above.size && html`<${Empty} filter=${filter} error=${l.error} renew=${l.reload} />`}
    ${l.loading && !ids.length && html`<p class="empty quiet">Looking …</p>`}
    <${Pager} l=${l} />
    ${ids.length > 0 && html`<p class="unseen" role="status">${many(ids.length, 'picture')} on this page</p>`}
  </section>`;
}
