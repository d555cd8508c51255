// How the page learns of changes: by one stream of events where the server has it, else by asking.
import { ask, getBatch, getJob, listBatches, listJobs, Problem } from './api.js';
import { can, learn, put, putBatch, setLink, unfinished, unfinishedBatches } from './store.js';

const shortest = 3000;
const longest = 15000;
const hiddenPause = 30000;

let wake = () => {};

// pause waits, but no longer than until the person looks at the page or orders something.
function pause(ms) {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    wake = () => { clearTimeout(timer); done(); };
  });
}

// nudge has the page look at once.
export const nudge = () => wake();

// refresh asks for everything that may have changed unseen: after a connection was lost nothing is replayed.
export async function refresh() {
  const asked = Date.now();
  const known = unfinished().map((j) => j.id);
  const [list, groups] = await Promise.all([listJobs({ status: 'queued,running', limit: 100 }), listBatches(20)]);
  list.data.forEach((j) => put(j, asked));
  groups.data.forEach((b) => putBatch(b, asked));
  const told = new Set(list.data.map((j) => j.id));
  await each(known.filter((id) => !told.has(id)), renew);
}

// renew asks for one job.
export async function renew(id) {
  const asked = Date.now();
  return put(await getJob(id), asked);
}

export async function renewBatch(id) {
  const asked = Date.now();
  putBatch(await getBatch(id), asked);
}

// each runs a few at a time. What is gone meanwhile is no error.
export async function each(ids, work, atOnce = 4) {
  const queue = [...ids];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (queue.length) {
      try {
        await work(queue.shift());
      } catch (e) {
        if (!(e instanceof Problem) || e.status !== 404) throw e;
      }
    }
  }));
}

// run goes on as long as the page does.
export async function run() {
  document.addEventListener('visibilitychange', () => (document.hidden ? stop() : wake()));
  let wait = 500;
  for (;;) {
    try {
      if (can('stream') === false || document.hidden) {
        wait = await poll(wait);
      } else {
        await follow(() => { wait = 500; });
        if (can('stream') && !document.hidden) throw new Error('the stream ended');
      }
    } catch (e) {
      if (e.status !== 429) setLink('lost'); // else there are many tabs: one asks less often
      await pause(wait);
      wait = Math.min(longest, wait * 2);
    }
  }
}

let stop = () => {};

// follow reads the stream until it ends. A hidden page lets go of it: browsers grant few connections to one server.
async function follow(connected) {
  const control = new AbortController();
  stop = () => control.abort();
  let response;
  try {
    response = await ask('/events', { headers: { Accept: 'text/event-stream' }, signal: control.signal });
  } catch (e) {
    if (e.name === 'AbortError') return;
    if (e instanceof Problem && [404, 405, 501].includes(e.status)) {
      learn('stream', false);
      await refresh();
      return;
    }
    throw e;
  }
  learn('stream', true);
  setLink('live');
  connected();
  try {
    for await (const event of events(response.body.getReader())) await take(event);
  } catch (e) {
    if (e.name !== 'AbortError') throw e;
  }
}

// events reads text/event-stream: names, data, and a blank line after each.
async function* events(reader) {
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const parts = text.split(/\r?\n\r?\n/);
    text = parts.pop();
    for (const part of parts) {
      const event = { name: 'message', data: '' };
      for (const line of part.split(/\r?\n/)) {
        if (line.startsWith('event:')) event.name = line.slice(6).trim();
        if (line.startsWith('data:')) event.data += line.slice(5).trimStart();
      }
      yield event;
    }
  }
}

async function take(event) {
  if (event.name === 'sync') await refresh();
  if (event.name === 'job') put(JSON.parse(event.data));
  if (event.name === 'batch') putBatch(JSON.parse(event.data));
}

// poll asks once for what is under way and rests: longer as long as nothing happens, and longer still while the page is hidden.
async function poll(wait) {
  const before = JSON.stringify(unfinished().map((j) => [j.id, j.status]));
  await each(unfinished().slice(0, 30).map((j) => j.id), renew);
  await each(unfinishedBatches().slice(0, 10).map((b) => b.id), renewBatch);
  await lookForNew();
  setLink('polling');
  const same = before === JSON.stringify(unfinished().map((j) => [j.id, j.status]));
  const next = same ? Math.min(longest, Math.max(shortest, wait * 1.3)) : shortest;
  await pause(document.hidden ? hiddenPause : next);
  return next;
}

// lookForNew sees what other pages and programs have ordered.
let looked = 0;
async function lookForNew() {
  if (Date.now() - looked < longest) return;
  const asked = Date.now();
  looked = asked;
  const [list, groups] = await Promise.all([listJobs({ limit: 20 }), listBatches(10)]);
  list.data.forEach((j) => put(j, asked));
  groups.data.forEach((b) => putBatch(b, asked));
}
