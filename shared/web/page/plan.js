// What a bulk order comes to, by dry runs, and the sending of it in as many requests as it needs.
import * as api from './api.js';
import { parts, types } from './lines.js';

export const emptyBulk = {
  mode: 'rows', text: '', name: '', format: '', said: {}, template: '', lists: {}, expand: 'all', count: '10',
  title: '', model: '', ratio: '', style: '', output: '', runs: 1, bound: '',
};

const given = (values) => Object.fromEntries(Object.entries(values).filter(([, v]) => v !== '' && v != null));

const common = (f) => given({ model: f.model, aspect_ratio: f.ratio, style_preset: f.style, output_format: f.output });

// listsOf are the names of the lists that a template asks for.
export const listsOf = (template) => [...new Set([...template.matchAll(/(?<!\\)__([\w/*-]+?)__/g)].map((m) => m[1]))];

// template is the order of a template as the API wants it.
function template(f) {
  const wildcards = Object.fromEntries(listsOf(f.template).map((name) => [name, (f.lists[name] || '').split('\n').map((s) => s.trim()).filter(Boolean)]));
  return {
    ...given({ name: f.title, max_cost_usd: f.bound }), defaults: common(f), template: f.template,
    expand: { mode: f.expand, ...(f.expand === 'random' ? { count: Number(f.count) || 1 } : {}), ...(f.runs > 1 ? { runs: Number(f.runs) } : {}), wildcards },
  };
}

// settings are the parameters of one request of several: what is said of the batch is said once.
function settings(f, first) {
  const q = new URLSearchParams(common(f));
  if (first && f.title) q.set('name', f.title);
  if (first && f.bound) q.set('max_cost_usd', f.bound);
  if (f.runs > 1) q.set('runs', f.runs);
  for (const [member, header] of Object.entries(f.said)) q.append('column', `${member}=${header}`);
  return q;
}

function post(path, q, taken, body, key, signal) {
  const headers = { 'Content-Type': types[taken.format] + (taken.format === 'ndjson' ? '' : '; charset=utf-8') };
  if (key) headers['Idempotency-Key'] = key;
  return api.ask(`${path}?${q}`, { method: 'POST', headers, body, signal }).then((r) => r.json());
}

// plan asks what it would come to and records nothing.
export async function plan(f, taken, signal) {
  if (f.mode === 'template') return api.sendBatch(template(f), { dry_run: true }, null, signal);
  const sum = { lines: 0, added: 0, duplicates: 0, cost_usd: 0, seconds: 0, models: {}, sample: [], daily_budget_usd: null };
  let line = 0;
  for (const body of parts(taken)) {
    const q = settings(f, line === 0);
    q.set('dry_run', 'true');
    const one = await post('/batches', q, taken, body, null, signal).catch((e) => { throw Object.assign(e, { before: line }); });
    for (const name of ['lines', 'added', 'duplicates', 'cost_usd', 'seconds']) sum[name] += one[name];
    for (const [name, m] of Object.entries(one.models)) {
      const was = sum.models[name] || { jobs: 0, cost_usd: 0 };
      sum.models[name] = { jobs: was.jobs + m.jobs, cost_usd: was.cost_usd + m.cost_usd };
    }
    sum.sample = [...sum.sample, ...one.sample].slice(0, 5);
    sum.daily_budget_usd = one.daily_budget_usd ?? sum.daily_budget_usd;
    line += taken.format === 'csv' ? body.split('\n').length - 2 : body.split('\n').length - 1;
  }
  return sum;
}

// send orders it. Each request has a key made of the order's one, and is sent again under it until an answer comes.
export async function send(f, taken, key, progress) {
  if (f.mode === 'template') return stubborn(() => api.sendBatch(template(f), {}, key));
  const bodies = parts(taken);
  let batch;
  for (const [n, body] of bodies.entries()) {
    const q = settings(f, n === 0);
    if (bodies.length > 1) q.set('open', n < bodies.length - 1);
    const path = batch ? `/batches/${batch.id}/jobs` : '/batches';
    batch = await stubborn(() => post(path, q, taken, body, `${key}-${n}`));
    progress((n + 1) / bodies.length);
  }
  return batch;
}

async function stubborn(work) {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (e) {
      const again = e instanceof api.Offline || e.status >= 500 || e.code === 'rate_limited';
      if (!again || tries > 20) throw e;
      await new Promise((done) => { setTimeout(done, Math.min(15000, 500 * 2 ** tries)); });
    }
  }
}
