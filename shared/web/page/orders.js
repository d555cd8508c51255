// Orders on their way to the server. Each has its Idempotency-Key from the beginning, so that a lost answer, a broken
// connection or a reload in the middle orders one picture and not two.
import * as api from './api.js';
import { put, putBatch, tell } from './store.js';
import { nudge } from './stream.js';

const kept = 'easel.orders';
let orders = [];
const mine = []; // what this page has ordered since it was opened: {id} of jobs, newest first

export const pending = () => orders;
export const ordered = () => mine;

function save() {
  try {
    sessionStorage.setItem(kept, JSON.stringify(orders.filter((o) => !o.body.image)));
  } catch { /* then a reload forgets what was not answered */ }
  tell('orders');
}

// order sends a request until an answer comes. It throws what the server refuses.
export async function order(body, runs = 1) {
  const one = { key: api.newKey(), body, runs, tries: 0, at: Date.now() };
  orders = [one, ...orders];
  save();
  return deliver(one);
}

async function deliver(one) {
  for (;;) {
    try {
      const ids = await send(one);
      mine.unshift(...ids);
      orders = orders.filter((o) => o !== one);
      save();
      nudge();
      return ids;
    } catch (e) {
      const again = e instanceof api.Offline || e.status >= 500 || e.code === 'rate_limited';
      if (!again) {
        orders = orders.filter((o) => o !== one);
        save();
        throw e;
      }
      one.tries++;
      tell('orders');
      await new Promise((done) => { setTimeout(done, Math.min(15000, 500 * 2 ** one.tries)); });
    }
  }
}

// send orders one job, or several of one request as a batch, which is taken as a whole.
async function send({ body, runs, key }) {
  const asked = Date.now(); // events may tell more before the answer comes
  if (runs === 1) return [put(await api.submit(body, key), asked).id];
  const batch = await api.sendLines('/batches', JSON.stringify(body), 'application/x-ndjson', { runs, name: name(body.prompt) }, key);
  putBatch(batch, asked);
  const listed = Date.now();
  const list = await api.listJobs({ batch_id: batch.id, limit: 100 });
  list.data.forEach((j) => put(j, listed));
  return list.data.map((j) => j.id);
}

const name = (prompt) => prompt.trim().replace(/\s+/g, ' ').slice(0, 100) || undefined;

// resume sends what a reload has interrupted.
export function resume(report) {
  try { orders = JSON.parse(sessionStorage.getItem(kept) || '[]'); } catch { orders = []; }
  orders.forEach((o) => deliver(o).catch(report));
}
