// What the page knows: jobs and batches by ID, and who is to be told when one changes.
import { useEffect, useReducer } from './vendor/preact.js';
import { isOver } from './words.js';

const jobs = new Map();
const batches = new Map();
const told = new Map(); // when a job or a batch was last heard of
const removed = new Set(); // deleted, or about to be
const watchers = new Map(); // by ID, or by the name of a list
let catalogue = [];

function watch(name, f) {
  if (!watchers.has(name)) watchers.set(name, new Set());
  watchers.get(name).add(f);
  return () => watchers.get(name)?.delete(f);
}

export function tell(name) {
  for (const f of [...(watchers.get(name) || [])]) f();
}

// tellSoon gathers the news of lists: of a thousand jobs that end in a second each would draw every card again.
const waiting = new Map();
function tellSoon(name) {
  if (waiting.has(name)) {
    waiting.set(name, true);
    return;
  }
  tell(name);
  waiting.set(name, false);
  setTimeout(() => {
    const more = waiting.get(name);
    waiting.delete(name);
    if (more) tellSoon(name);
  }, 120);
}

// use draws the component again whenever something of that name changes.
export function use(name) {
  const [, again] = useReducer((n) => n + 1, 0);
  useEffect(() => watch(name, again), [name]);
}

export function useJob(id) {
  use(id);
  return jobs.get(id);
}

export function useBatch(id) {
  use(id);
  return batches.get(id);
}

export const jobOf = (id) => jobs.get(id);
export const batchOf = (id) => batches.get(id);
export const isRemoved = (id) => removed.has(id);

const settled = new Set(); // listeners for jobs that the page sees ended for the first time
export const onEnd = (f) => { settled.add(f); return () => settled.delete(f); };

// put takes a job as an answer or an event tells it. asked is when the question was put: an answer that an event has
// overtaken is old.
export function put(job, asked = Date.now()) {
  const before = jobs.get(job.id);
  if (removed.has(job.id) || asked < (told.get(job.id) || 0)) return before;
  told.set(job.id, asked);
  jobs.set(job.id, job);
  tell(job.id);
  if (isOver(job) && !(before && isOver(before))) settled.forEach((f) => f(job));
  if (!before || before.status !== job.status) tellSoon('jobs');
  return job;
}

export function putBatch(batch, asked = Date.now()) {
  const before = batches.get(batch.id);
  if (asked < (told.get(batch.id) || 0)) return;
  told.set(batch.id, asked);
  batches.set(batch.id, batch);
  tell(batch.id);
  if (!before || JSON.stringify(before.counts) !== JSON.stringify(batch.counts) || before.status !== batch.status) tellSoon('batches');
}

export function dropBatch(id) {
  batches.delete(id);
  tell('batches');
}

export function hide(id) {
  removed.add(id);
  tell(id);
  tell('jobs');
}

export function unhide(id) {
  removed.delete(id);
  tell(id);
  tell('jobs');
}

export const allJobs = () => [...jobs.values()].filter((j) => !removed.has(j.id));
export const allBatches = () => [...batches.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));

// unfinished are the single jobs that are under way, and those of batches that this page has seen.
export const unfinished = () => allJobs().filter((j) => !isOver(j));
export const unfinishedBatches = () => allBatches().filter((b) => b.counts.queued + b.counts.running > 0);

// underWay counts pictures that are still to come: those of batches by the batch's own counts.
export function underWay() {
  const single = unfinished().filter((j) => !j.batch_id || !batches.has(j.batch_id)).length;
  return unfinishedBatches().reduce((n, b) => n + b.counts.queued + b.counts.running, single);
}

export function setModels(list) {
  catalogue = list;
  tell('models');
}
export const modelList = () => catalogue;
export const modelOf = (id) => catalogue.find((m) => m.id === id || m.alias === id);
export const defaultModel = () => catalogue.find((m) => m.default) || catalogue[0];

// The state of the connection: live (a stream), polling, or lost.
let link = 'polling';
export const linkState = () => link;
export function setLink(state) {
  if (state === link) return;
  link = state;
  tell('link');
}

// What this server can do beyond the API of every server. It is found out, not configured.
const abilities = { stream: null, search: true, simulated: document.documentElement.dataset.simulated === 'true' };
export const can = (name) => abilities[name];
export function learn(name, value) {
  if (abilities[name] === value) return;
  abilities[name] = value;
  tell('abilities');
}
