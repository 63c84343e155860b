import type { State } from './state.ts';

/**
 * What goes wrong with a request. `-before`: nothing was accepted; `-after`: the punch stands and the caller never learns
 * of it. `timeout` leaves the line silent and cuts it at the end, `garbled` answers 201 with something that is no JSON.
 */
export const FAULT_KINDS = [
  'timeout-before',
  'timeout-after',
  'garbled-after',
  'unavailable',
  'maintenance',
  'too-many',
  'already-punched',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault for the next `times` requests of its sort. */
export interface Fault {
  on: 'punch' | 'read' | 'any';
  kind: FaultKind;
  times: number;
}

/** The fault this request meets: one that was ordered for it, else what the switches say. */
export function faultFor(state: State, ordered: Fault[], request: 'punch' | 'read'): FaultKind | null {
  const index = ordered.findIndex(({ on, times }) => times > 0 && (on === request || on === 'any'));
  const fault = ordered[index];
  if (fault) {
    fault.times -= 1;
    if (fault.times === 0) ordered.splice(index, 1);
    return fault.kind;
  }
  if (state.switches.outage !== 'none') return state.switches.outage;
  if (state.switches.timeout !== 'none' && request === 'punch') return `timeout-${state.switches.timeout}`;
  return null;
}
