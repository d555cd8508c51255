// Where one is on the page: a path and filters after the #, so that Back, reload and a copied address work.
import { useEffect, useState } from './vendor/preact.js';

export function parse(hash = location.hash) {
  const [path, search = ''] = hash.replace(/^#/, '').split('?');
  return { parts: path.split('/').filter(Boolean).map(decodeURIComponent), filter: Object.fromEntries(new URLSearchParams(search)) };
}

export function address(parts, filter = {}) {
  const q = new URLSearchParams(Object.entries(filter).filter(([, v]) => v));
  return '#/' + parts.map(encodeURIComponent).join('/') + (String(q) && '?' + q);
}

// go leads to an address. To replace is to change a filter while a person types, which is no step to go back to.
export function go(parts, filter = parse().filter, replace = false) {
  const to = address(parts, filter);
  if (to === location.hash) return;
  if (replace) history.replaceState(history.state, '', to);
  else history.pushState({ ...history.state, within: true }, '', to); // with the page of the list that lies below
  dispatchEvent(new Event('route'));
}

// back leaves what lies over the list: by a step back where one has come from the list.
export function back() {
  if (history.state?.within) history.back();
  else go([], parse().filter, true);
}

export function useRoute() {
  const [route, set] = useState(parse());
  useEffect(() => {
    const read = () => set(parse());
    for (const name of ['route', 'popstate', 'hashchange']) addEventListener(name, read);
    return () => ['route', 'popstate', 'hashchange'].forEach((name) => removeEventListener(name, read));
  }, []);
  return route;
}
