// One clock for everything that shows a time that passes.
import { useEffect, useReducer } from './vendor/preact.js';

const hands = new Set();
let timer;

export function useTick() {
  const [, again] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    hands.add(again);
    timer ||= setInterval(() => hands.forEach((f) => f()), 1000);
    return () => {
      hands.delete(again);
      if (!hands.size) timer = clearInterval(timer);
    };
  }, []);
}
