import { type SubmitEvent, useEffect, useState } from 'react';
import type { Credentials, SignInRefusal, Tile } from '../../tile-messages.ts';
import { useCountdown } from '../countdown.ts';
import { fieldAfter, MISSING, typedAfter } from './refusals.ts';
import { useTile } from './use-tile.ts';
import {
  credentialsOf,
  type Field,
  fieldsOf,
  isHeldUp,
  missingField,
  NOTHING_TYPED,
  onwardFrom,
  type Typed,
  type Way,
  waysOf,
} from './ways.ts';

/** What was typed and not sent is forgotten after so long: somebody has walked away. */
const FORGOTTEN_AFTER_MS = 60_000;

/** Somebody proving who they are, at the sign-in screen or in the rehearsal. */
export interface Proof {
  /** Null until the PC has said what to ask for. */
  tile: Tile | null;
  unheard: boolean;
  way: Way;
  ways: readonly Way[];
  chooseWay: (way: Way) => void;
  fields: readonly Field[];
  typed: Typed;
  type: (field: Field, text: string) => void;
  sealPassword: boolean;
  setSealPassword: (seal: boolean) => void;
  /** Why the last try was refused, until something is typed. */
  refusal: SignInRefusal | null;
  /** A try is under way. */
  busy: boolean;
  /** Seconds until codes are looked at again; 0 when nothing keeps this way from being tried. */
  heldUpSeconds: number;
  /** Where the focus belongs; a new object each time it is to be moved. */
  focus: { field: Field | null };
  submit: (event: SubmitEvent<HTMLFormElement>) => void;
}

export function useProof({
  sid,
  rehearsal,
  about,
  prove,
}: {
  sid: string;
  rehearsal: boolean;
  /** Anything whose change may change what is asked for. */
  about: string;
  /** Null when it succeeded. */
  prove: (credentials: Credentials) => Promise<SignInRefusal | null>;
}): Proof {
  const { tile, wait, unheard, askAgain } = useTile(sid, rehearsal, about);
  const [chosen, setChosen] = useState<Way | null>(null);
  const [typed, setTyped] = useState(NOTHING_TYPED);
  const [sealPassword, setSealPassword] = useState(false);
  const [refusal, setRefusal] = useState<SignInRefusal | null>(null);
  const [busy, setBusy] = useState(false);
  const [focus, setFocus] = useState<{ field: Field | null }>({ field: null });
  const waitSeconds = useCountdown(wait, askAgain);
  useForgetting(typed, setTyped);

  const ways = tile ? waysOf(tile) : [];
  const way = chosen && ways.includes(chosen) ? chosen : (ways[0] ?? 'asked');
  const fields = tile ? fieldsOf(tile, way) : [];
  const heldUp = tile !== null && isHeldUp(fields, tile, waitSeconds);

  const attempt = async () => {
    setBusy(true);
    setRefusal(null);
    const refused = await prove(credentialsOf(fields, typed, sealPassword && way === 'asked'));
    if (!refused) {
      setTyped(NOTHING_TYPED);
      return;
    }
    const left = typedAfter(refused, typed);
    setTyped(left);
    setRefusal(refused);
    setBusy(false);
    setFocus({ field: fieldAfter(refused) ?? missingField(fields, left, false) });
    askAgain();
  };

  return {
    tile,
    unheard,
    way,
    ways,
    chooseWay(next) {
      setChosen(next);
      setRefusal(null);
      setFocus({ field: null });
    },
    fields,
    typed,
    type(field, text) {
      setTyped((before) => ({ ...before, [field]: text }));
      setRefusal(null);
    },
    sealPassword,
    setSealPassword,
    refusal,
    busy,
    heldUpSeconds: heldUp ? waitSeconds : 0,
    focus,
    submit(event) {
      event.preventDefault();
      if (busy || heldUp || !tile || fields.length === 0) return;
      const stood = document.activeElement;
      const from = fields.find((field) => stood instanceof HTMLInputElement && stood.name === field) ?? null;
      const onward = onwardFrom(from, fields, typed, tile.codeOptional);
      if (!onward) {
        void attempt();
        return;
      }
      if (onward === from) setRefusal(MISSING[onward]);
      setFocus({ field: onward });
    },
  };
}

function useForgetting(typed: Typed, setTyped: (typed: Typed) => void): void {
  useEffect(() => {
    if (Object.values(typed).every((text) => text === '')) return;
    const timer = setTimeout(() => setTyped(NOTHING_TYPED), FORGOTTEN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed, setTyped]);
}
