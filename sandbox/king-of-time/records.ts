import type { Punch, PunchCode, State } from './state.ts';

/** How the service names each kind of punch. */
export const punchNames: Record<PunchCode, string> = {
  '1': '出勤',
  '2': '退勤',
  '3': '休憩開始',
  '4': '休憩終了',
  '7': '外出',
  '8': '外出戻り',
};

/** A punch as the API shows it; what has no value is left out. */
export function timeRecordJson(state: State, punch: Punch): object {
  const { time, code, divisionCode, latitude, longitude, mark } = punch;
  return {
    time,
    code,
    name: punchNames[code],
    divisionCode,
    divisionName: state.divisions.find((division) => division.code === divisionCode)?.name,
    ...(latitude !== undefined && { latitude }),
    ...(longitude !== undefined && { longitude }),
    ...(mark === 'SL' && { credentialCode: 300, credentialName: 'KOTSL' }),
  };
}
