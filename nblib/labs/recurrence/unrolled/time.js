// The moments of a network unrolled over T steps: 0 before the first step, 1 … T forward, T + 1 the loss, then T back to
// the first state; and what is said at each.
import { number } from "../../../ui/views/numbers.js";

/** @typedef {{ tokens: string[], T: number, H: number, states: Float32Array, gradients: Float32Array }} Walk states [T, H], gradients [T]: ‖dL/dh‖ */

/** @param {number} T */
export const last_moment = (T) => (T ? 2 * T + 1 : 0);

/** @param {number} T @param {number} moment */
export function moment_name(T, moment) {
  if (!T) return "no sentence";
  if (moment === 0) return "before the first step";
  if (moment <= T) return `step ${moment} of ${T}`;
  return moment === T + 1 ? "the loss" : `back at step ${2 * T + 2 - moment}`;
}

/** The first step in sight, where not all have room: the ones around the present moment. @param {number} T @param {number} moment @param {number} fit */
export function first_in_sight(T, moment, fit) {
  const at = moment <= T ? moment : Math.max(0, 2 * T + 2 - moment);
  return Math.max(0, Math.min(T - fit, at - Math.ceil(fit / 2)));
}

/** Whether the gradient has come back to step t (from 0). @param {number} T @param {number} moment @param {number} t */
export const reached = (T, moment, t) => moment > T && t >= 2 * T + 1 - moment;

/** Six decades of a gradient's size, as a share from 0 to 1. @param {number} size as a share of the largest */
export const decades = (size) => Math.max(0, 1 + Math.log10(Math.max(size, 1e-12)) / 6);

/** @type {Record<string, string>} */
const CELLS = { rnn: "h = tanh(W·x + U·h′ + b)", lstm: "c = f·c′ + i·g, h = o·tanh(c)", gru: "h = (1 − z)·n + z·h′" };

/** @param {Walk} walk @param {number} moment @param {string} cell "rnn", "lstm" or "gru" @param {string} verdict */
export function moment_text({ tokens, T, gradients }, moment, cell, verdict) {
  if (moment === 0) return "The hidden state h₀ is empty: all zeros. Press Step.";
  if (moment <= T) return `Step ${moment} reads “${tokens[moment - 1]}” and the state h′ that step ${moment - 1} left: ${CELLS[cell]}, with the same weights at every step.`;
  if (moment === T + 1) return `The loss L is read from the last state alone. From here its gradient goes back: ‖dL/dh‖ at step ${T} is ${number(gradients[T - 1])}.`;
  const t = 2 * T + 2 - moment, ratio = gradients[t - 1] / gradients[T - 1];
  return `Back at step ${t} (“${tokens[t - 1]}”): ‖dL/dh‖ = ${number(gradients[t - 1])}, that is ${number(ratio)} of what it was at the end. ${verdict}`;
}

/** One number of a state. @param {Walk} walk @param {number} t @param {number} k */
export function cell_text({ tokens, H, states, gradients }, t, k) {
  return `after “${tokens[t]}” (step ${t + 1}): h[${k + 1}] = ${number(states[t * H + k])}; ‖dL/dh‖ there: ${number(gradients[t])}`;
}
