// Calls of the API. An answer that is none of success becomes a Problem; no answer at all becomes an Offline.
import { setClock } from './words.js';

export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.message || `The server answered ${status}.`);
    this.status = status;
    this.code = body.code || '';
    this.fields = body.errors || [];
    this.retryAfter = Number(retryAfter) || 0;
  }
}

export class Offline extends Error {
  constructor() {
    super('The server does not answer.');
  }
}

let refused = () => {};
// onRefused is told when a key is wanted.
export const onRefused = (f) => { refused = f; };

export async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...options });
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new Offline();
  }
  setClock(response.headers.get('Date'));
  if (response.status === 401) refused();
  if (response.ok) return response;
  let body = {};
  try { body = await response.json(); } catch { /* what is no JSON says nothing more than the status */ }
  throw new Problem(response.status, body, response.headers.get('Retry-After'));
}

async function json(path, options) {
  const response = await ask(path, options);
  return response.status === 204 ? null : response.json();
}

const sends = (method, body, headers = {}) => ({
  method, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body),
});
const at = (...parts) => '/' + parts.map(encodeURIComponent).join('/');

export function query(values) {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== '' && value != null && value !== false) q.set(name, value);
  }
  return String(q) && '?' + q;
}

export const models = () => json('/models').then((l) => l.data);
export const getJob = (id, signal) => json(at('jobs', id), { signal });
export const listJobs = (filter, signal) => json('/jobs' + query(filter), { signal });
export const submit = (body, key) => json('/jobs', sends('POST', body, { 'Idempotency-Key': key }));
export const cancelJob = (id) => json(at('jobs', id, 'cancel'), { method: 'POST' });
export const retryJob = (id) => json(at('jobs', id, 'retry'), { method: 'POST' });
export const deleteJob = (id) => json(at('jobs', id), { method: 'DELETE' });
export const star = (id, starred) => json(at('jobs', id), sends('PATCH', { starred }));

export const getBatch = (id) => json(at('batches', id));
export const listBatches = (limit = 20, cursor) => json('/batches' + query({ limit, cursor }));
export const cancelBatch = (id) => json(at('batches', id, 'cancel'), { method: 'POST' });
export const retryBatch = (id) => json(at('batches', id, 'retry'), { method: 'POST' });
export const deleteBatch = (id) => json(at('batches', id), { method: 'DELETE' });

// sendLines orders what the lines of a body say: NDJSON, CSV or text. To plan is to send with dry_run.
export function sendLines(path, text, type, settings, key, signal) {
  const headers = { 'Content-Type': type };
  if (key) headers['Idempotency-Key'] = key;
  return json(path + query(settings), { method: 'POST', headers, body: text, signal });
}

// sendBatch orders what a JSON body says, such as a template.
export const sendBatch = (body, settings, key, signal) =>
  json('/batches' + query(settings), { ...sends('POST', body, key ? { 'Idempotency-Key': key } : {}), signal });

// session says whether a key is wanted. A server without that address wants none from the page.
export async function session() {
  try {
    return await json('/session');
  } catch (e) {
    if (e instanceof Problem && e.status === 404) return { required: false, signed_in: true };
    throw e;
  }
}
export const signIn = (key) => json('/session', sends('POST', { key }));
export const signOut = () => json('/session', { method: 'DELETE' });

// newKey is an Idempotency-Key. Browsers have randomUUID on secure origins alone.
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}
