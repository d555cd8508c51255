// Bulk: many pictures from a file or a template, with a plan before anything is ordered.
import { html, useEffect, useMemo, useRef, useState } from './vendor/preact.js';
import { newKey } from './api.js';
import { Batch, Batches } from './batch.js';
import { Choice, Field, marks } from './fields.js';
import { columns, decode, members, take } from './lines.js';
import { emptyBulk, listsOf, plan, send } from './plan.js';
import { go } from './route.js';
import { can, modelList, putBatch, use } from './store.js';
import { styles } from './styles.js';
import { fail } from './toast.js';
import { many, money, span, styleName } from './words.js';

const kept = 'easel.bulk';
const mostKept = 200000; // characters of rows that survive a reload
const mostShown = 20000; // of a file that stand in the field

function load() {
  try { return { ...emptyBulk, ...JSON.parse(localStorage.getItem(kept) || '{}') }; } catch { return { ...emptyBulk }; }
}

function save(f) {
  try { localStorage.setItem(kept, JSON.stringify(f.text.length > mostKept ? { ...f, text: '', name: '' } : f)); } catch { /* then it lasts until the next reload */ }
}

// usePlan asks for the dry run a moment after something has changed.
function usePlan(f, taken) {
  const [state, set] = useState({});
  const asked = JSON.stringify(f);
  useEffect(() => {
    set({});
    if (f.mode === 'template' ? !f.template.trim() : !taken?.rows) return undefined;
    const control = new AbortController();
    const timer = setTimeout(async () => {
      try {
        set({ asked, plan: await plan(f, taken, control.signal) });
      } catch (e) {
        if (e.name !== 'AbortError') set({ asked, error: e });
      }
    }, 500);
    return () => { clearTimeout(timer); control.abort(); };
  }, [asked]);
  return state.asked === asked ? state : {}; // an answer to what stood there before is no plan
}

// Rows takes a file by a drop or a choice, or what is typed.
function RowsField({ f, change }) {
  const input = useRef();
  const [over, setOver] = useState(false);
  const open = async (file) => {
    const { text, encoding } = decode(await file.arrayBuffer());
    change({ text, name: file.name, encoding, said: {}, format: '', title: f.title || file.name.replace(/\.[^.]+$/, '') });
  };
  const drop = (e) => {
    e.preventDefault();
    setOver(false);
    if (e.dataTransfer.files[0]) open(e.dataTransfer.files[0]).catch(fail);
  };
  const large = f.text.length > mostShown;
  return html`<div class=${'zone' + (over ? ' over' : '')} onDragOver=${(e) => { e.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <div class="zone-head"><label class="field-name" for="f-rows">Rows${f.name ? ` of ${f.name}` : ''}</label>
      <input type="file" ref=${input} class="unseen" tabindex="-1" aria-label="A file of prompts" accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,text/*"
        onChange=${(e) => { if (e.target.files[0]) open(e.target.files[0]).catch(fail); e.target.value = ''; }} />
      <button type="button" class="small" onClick=${() => input.current.click()}>Choose a file</button>
      ${f.text && html`<button type="button" class="small plain" onClick=${() => change({ text: '', name: '', said: {}, format: '' })}>Clear</button>`}</div>
    <textarea id="f-rows" rows="7" spellcheck=${false} readonly=${large} placeholder=${'Drop a CSV, NDJSON or text file here, or write a prompt on each line:\na red fox in the snow\nan owl on a branch by night'}
      value=${large ? f.text.slice(0, mostShown) + '\n…' : f.text} onInput=${(e) => change({ text: e.target.value, encoding: '' })}></textarea></div>`;
}

function TemplateField({ f, change }) {
  return html`<${Field} name="template" label="Template" hint=${html`<code>{red|blue}</code> is one or the other, <code>__animals__</code> an entry of a list, <code>{2$$ and $$oak|elm|ash}</code> two of them.`}>
      <textarea ...${marks('template')} rows="4" placeholder="a {red|blue} {fox|hare} in the __place__" value=${f.template} onInput=${(e) => change({ template: e.target.value })}></textarea></${Field}>
    ${listsOf(f.template).map((name) => html`<${Field} key=${name} name=${'list-' + name} label=${`List ${name}, an entry on each line`}>
      <textarea id=${'f-list-' + name} rows="3" value=${f.lists[name] || ''} onInput=${(e) => change({ lists: { ...f.lists, [name]: e.target.value } })}></textarea></${Field}>`)}
    <div class="pair even"><${Choice} name="expand" legend="Make" value=${f.expand} set=${(expand) => change({ expand })} options=${[['all', 'All of them'], ['random', 'Some by chance']]} />
      ${f.expand === 'random' && html`<${Field} name="count" label="How many"><input type="number" min="1" max="2500" id="f-count" value=${f.count} onInput=${(e) => change({ count: e.target.value })} /></${Field}>`}</div>`;
}

const choose = (name, label, f, change, options) => html`<${Field} name=${'b-' + name} label=${label}><select id=${'f-b-' + name} value=${f[name]} onChange=${(e) => change({ [name]: e.target.value })}>
  <option value="">As the rows say</option>${options.map(([v, text]) => html`<option key=${v} value=${v}>${text}</option>`)}</select></${Field}>`;

// Common is what every row has that says nothing else.
function Common({ f, change }) {
  const ratios = [...new Set(modelList().flatMap((m) => m.aspect_ratios))];
  const formats = [...new Set(modelList().flatMap((m) => m.output_formats))];
  return html`<div class="common">
    ${choose('model', 'Model', f, change, modelList().map((m) => [m.alias, `${m.name}, ${money(m.price_usd)}`]))}
    ${choose('ratio', 'Shape', f, change, ratios.map((r) => [r, r]))}
    ${choose('style', 'Style', f, change, styles.map((s) => [s, styleName(s)]))}
    ${choose('output', 'Format', f, change, formats.map((o) => [o, o.toUpperCase()]))}
    <${Field} name="b-runs" label="Runs of each"><input type="number" min="1" max="100" id="f-b-runs" value=${f.runs} onInput=${(e) => change({ runs: e.target.value })} /></${Field}>
    <${Field} name="b-bound" label="At most, in dollars"><input type="number" min="0" step="any" id="f-b-bound" placeholder="no bound" value=${f.bound} onInput=${(e) => change({ bound: e.target.value })} /></${Field}>
    <${Field} name="b-title" label="Name"><input id="f-b-title" maxlength="128" value=${f.title} onInput=${(e) => change({ title: e.target.value })} /></${Field}></div>`;
}

const kinds = { csv: 'a table', ndjson: 'JSON objects', text: 'text, a prompt on each line' };
const separators = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' };

// TakenFor says what the rows were taken for, and lets each column be something else.
function TakenFor({ f, taken, change }) {
  if (f.mode !== 'rows' || !taken?.rows) return null;
  const found = columns(taken.names, f.said);
  const say = (c, member) => {
    const said = { ...f.said };
    Object.keys(said).filter((m) => said[m] === c.header).forEach((m) => delete said[m]);
    if (member) said[member] = c.header;
    else if (c.member) said[c.member] = '';
    change({ said });
  };
  return html`<p>Taken for ${kinds[taken.format]}${taken.separator ? ` with ${separators[taken.separator]} between its columns` : ''}${f.encoding ? `, ${f.encoding}` : ''}.
      <select class="inline" aria-label="Format of the rows" value=${f.format} onChange=${(e) => change({ format: e.target.value, said: {} })}>
        <option value="">found by its first line</option><option value="csv">a table</option><option value="ndjson">JSON objects</option><option value="text">text</option></select></p>
    ${found.length > 0 && html`<table class="columns"><caption>Columns</caption><thead><tr><th scope="col">Column</th><th scope="col">Taken for</th></tr></thead>
      <tbody>${found.map((c) => html`<tr key=${c.header}><th scope="row" dir="auto">${c.header}</th><td>${c.report ? 'left out: Easel wrote it' : taken.format !== 'csv' ? c.member || 'metadata'
        : html`<select aria-label=${`Column ${c.header} is`} value=${c.member || ''} onChange=${(e) => say(c, e.target.value)}><option value="">metadata</option>${members.map((m) => html`<option key=${m} value=${m}>${m}</option>`)}</select>`}</td></tr>`)}</tbody></table>`}`;
}

// Wrong lists what stands in the way, by line and column.
function Wrong({ error }) {
  const fields = (error.fields || []).slice(0, 20);
  const place = (p) => [p.line && `line ${p.line + (error.before || 0)}`, p.column && `column ${p.column}`].filter(Boolean).join(', ');
  return html`<div class="wrong-rows" role="alert">${fields.length !== 1 && html`<p class="problem">${error.message}</p>`}
    ${fields.length > 0 && html`<ul>${fields.map((p, n) => html`<li key=${n}>${place(p) && html`<strong>${place(p)}: </strong>`}${p.detail}</li>`)}</ul>`}</div>`;
}

function Plan({ f, taken, state, change, order, sending }) {
  const { plan: p, error } = state;
  const idle = f.mode === 'template' ? !f.template.trim() : !taken?.rows;
  return html`<section class="plan" aria-labelledby="plan-head" aria-busy=${!idle && !p && !error}><h2 id="plan-head">Plan</h2>
    ${idle && html`<p class="quiet">What it comes to stands here before anything is ordered.</p>`}
    ${!idle && !p && !error && html`<p class="quiet">Asking what it comes to …</p>`}
    ${error && html`<${Wrong} error=${error} />`}
    ${p && html`<p class="sum"><strong>${many(p.added, 'picture')}</strong><strong>${money(p.cost_usd)}</strong><strong>about ${span(Math.max(1, p.seconds))}</strong></p>
      <p class="quiet">${can('simulated') ? 'Simulated: nothing is paid. ' : ''}${Object.entries(p.models).map(([name, m]) => `${name}: ${m.jobs}, ${money(m.cost_usd)}`).join(' · ')}${p.duplicates ? ` · ${many(p.duplicates, 'row')} said twice, made once` : ''}${p.daily_budget_usd != null ? ` · a daily budget of ${money(p.daily_budget_usd)} makes it longer` : ''}</p>
      <h3>First prompts</h3><ol>${p.sample.map((s, n) => html`<li key=${n} dir="auto">${s}</li>`)}</ol>`}
    <${TakenFor} f=${f} taken=${taken} change=${change} />
    ${p && html`<button type="button" class="primary" disabled=${sending != null || !p.added} onClick=${order}>${sending != null ? `Sending, ${Math.round(sending * 100)} %` : `Make ${many(p.added, 'picture')} for ${money(p.cost_usd)}`}</button>`}
  </section>`;
}

function Form() {
  use('models');
  use('abilities');
  const [f, set] = useState(load);
  const [sending, setSending] = useState(null);
  const change = (part) => set((old) => {
    const next = { ...old, ...part };
    save(next);
    return next;
  });
  const taken = useMemo(() => (f.mode === 'rows' && f.text.trim() ? take(f.text, f.name, f.format) : null), [f.mode, f.text, f.name, f.format]);
  const state = usePlan(f, taken);
  const order = async () => {
    setSending(0);
    const stay = (e) => e.preventDefault();
    addEventListener('beforeunload', stay);
    try {
      const asked = Date.now();
      const batch = await send(f, taken, newKey(), setSending);
      putBatch(batch, asked);
      change({ text: '', name: '', said: {}, format: '', title: '' });
      go(['bulk', batch.id], {});
    } catch (e) {
      fail(e);
    }
    removeEventListener('beforeunload', stay);
    setSending(null);
  };
  return html`<main id="main" class="sheet wide"><h1>Many pictures</h1><div class="bulk">
    <form class="order" aria-label="Many pictures" onSubmit=${(e) => e.preventDefault()}>
      <${Choice} name="mode" legend="From" value=${f.mode} set=${(mode) => change({ mode })} options=${[['rows', 'A file or lines'], ['template', 'A template']]} />
      ${f.mode === 'rows' ? html`<${RowsField} f=${f} change=${change} />` : html`<${TemplateField} f=${f} change=${change} />`}
      <${Common} f=${f} change=${change} /></form>
    <${Plan} f=${f} taken=${taken} state=${state} change=${change} order=${order} sending=${sending} />
    <${Batches} /></div></main>`;
}

export const Bulk = ({ id }) => (id ? html`<${Batch} key=${id} id=${id} />` : html`<${Form} />`);
