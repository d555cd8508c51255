// How times, money and sizes are said.
export function money(usd) {
  if (usd >= 0.995) return '$' + usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return '$' + usd.toFixed(3).replace(/0$/, '');
}

export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return `${s} s`;
  if (s < 90 * 60) return `${Math.round(s / 60)} min`;
  if (s < 36 * 3600) return `${(s / 3600).toFixed(1).replace('.0', '')} h`;
  return `${Math.round(s / 86400)} days`;
}

// The server's clock counts, as far as its answers tell: to the second.
let ahead = 0;
export const setClock = (date) => { if (date) ahead = Date.parse(date) - Date.now(); };
export const now = () => Date.now() + ahead;

export const since = (time) => (now() - Date.parse(time)) / 1000;

export const when = (time) => new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function clock(time) {
  const d = new Date(time);
  const today = d.toDateString() === new Date().toDateString();
  return d.toLocaleString(undefined, today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
}

export const size = (bytes) => (bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

export const many = (n, one, more = one + 's') => `${n.toLocaleString('en')} ${n === 1 ? one : more}`;

export const number = (n) => n.toLocaleString('en');

// ratioOf is the width by the height of a picture: of the one that is there, else of the one that was asked for.
export function ratioOf(job) {
  const image = job.images?.at(-1);
  if (image) return image.width / image.height;
  if (job.input?.image) return job.input.image.width / job.input.image.height;
  return ratio(job.sent?.aspect_ratio || job.input?.aspect_ratio);
}

export function ratio(text) {
  const [w, h] = (text || '1:1').split(':').map(Number);
  return w / h || 1;
}

export const styleName = (id) => (id ? id[0].toUpperCase() + id.slice(1).replaceAll('-', ' ') : 'None');

export const isOver = (job) => job.status !== 'queued' && job.status !== 'running';
