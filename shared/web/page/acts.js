// What can be done with jobs that are there: star, delete with time to undo, retry, cancel, again, copy, download.
import * as api from './api.js';
import { hide, jobOf, put, unhide } from './store.js';
import { each, nudge, renew } from './stream.js';
import { fail, toast, tried } from './toast.js';
import { many } from './words.js';

const undoTime = 8000;
const kept = 'easel.deleting'; // survives a reload; the deletion is sent by the page that has not been closed

const doomed = new Map(); // by batch of deletion: its IDs and the timer

const store = () => {
  try {
    sessionStorage.setItem(kept, JSON.stringify([...doomed.values()].flatMap((d) => d.ids)));
  } catch { /* without storage a reload undoes what was not sent */ }
};

// remove hides jobs at once and deletes them when the time to undo is over.
export function remove(ids) {
  const act = { ids };
  ids.forEach(hide);
  act.timer = setTimeout(() => send(act), undoTime);
  doomed.set(act, act);
  store();
  toast(`${many(ids.length, 'picture')} deleted.`, {
    undo: () => {
      clearTimeout(act.timer);
      doomed.delete(act);
      store();
      ids.forEach(unhide);
    },
  });
}

async function send(act) {
  const refused = [];
  await each(act.ids, async (id) => {
    try {
      await api.deleteJob(id);
    } catch (e) {
      if (e.status === 404) return;
      refused.push(e);
      unhide(id);
    }
  });
  doomed.delete(act);
  store();
  if (refused.length) fail(refused[0]);
}

// resumeRemovals goes on after a reload, with the time to undo from the beginning.
export function resumeRemovals() {
  let ids = [];
  try { ids = JSON.parse(sessionStorage.getItem(kept) || '[]'); } catch { /* as if there were none */ }
  if (ids.length) remove(ids);
}

let starring = Promise.resolve();

// stars ends when those that were given are with the server.
export const stars = () => starring;

export const setStar = tried(async (ids, starred) => {
  const before = ids.map(jobOf);
  before.forEach((j) => j && put({ ...j, starred })); // at once; the answer confirms it
  const asked = Date.now();
  try {
    const sent = each(ids, async (id) => put(await api.star(id, starred), asked));
    starring = sent.catch(() => {});
    await sent;
  } catch (e) {
    before.forEach((j) => j && put(j));
    throw e;
  }
});

export const retry = tried(async (id) => {
  const asked = Date.now();
  put(await api.retryJob(id), asked);
  nudge();
});

export const cancel = tried(async (id) => {
  const asked = Date.now();
  put(await api.cancelJob(id), asked);
});

export const copy = tried(async (text, what) => {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else { // pages of plain http have no clipboard of their own
    const area = Object.assign(document.createElement('textarea'), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  toast(`${what} copied.`);
});

// fileName is what a downloaded picture is called: by what it shows, and the seed.
function fileName(job, image) {
  const words = (job.custom_id || job.input.prompt).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60).replace(/^-+|-+$/g, '');
  return `${words || 'picture'}-${image.seed}.${image.content_type.split('/')[1].replace('jpeg', 'jpg')}`;
}

// download saves the picture under a name that says something. Where a foreign host forbids scripts to read it, the
// browser opens it.
export const download = tried(async (job) => {
  const image = (await renewed(job)).images.at(-1);
  const link = document.createElement('a');
  try {
    link.href = URL.createObjectURL(await (await fetch(image.url)).blob());
    link.download = fileName(job, image);
  } catch {
    link.href = image.url;
    link.target = '_blank';
    link.rel = 'noopener';
  }
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
});

async function renewed(job) {
  const image = job.images.at(-1);
  return Date.parse(image.url_expires_at) - Date.now() > 30000 ? job : renew(job.id);
}
