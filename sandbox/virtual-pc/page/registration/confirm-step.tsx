import { useState } from 'react';
import type { EnrolmentStarted } from '../../../../contract/logon.ts';
import { CopyButton } from '../copy-button.tsx';
import { PhoneIcon } from '../icons.tsx';
import { useSpeech } from '../language.tsx';
import { askClient, type Refused } from '../pc-requests.ts';
import { usePhone } from '../phone/phone.tsx';
import { CodeForm } from './code-form.tsx';
import { QrCode } from './qr-code.tsx';
import { StepHeading } from './step-heading.tsx';

/** The secret goes into the authenticator app, and the app's first code comes back. */
export function ConfirmStep({
  started,
  again,
  nowMs,
  onConfirmed,
  onRestart,
}: {
  started: EnrolmentStarted;
  /** There is an older registration in the app. */
  again: boolean;
  /** Real time. */
  nowMs: number;
  onConfirmed: (recoveryCodes: string[]) => void;
  onRestart: () => void;
}) {
  const { t } = useSpeech();
  const { phone } = usePhone();
  const [over, setOver] = useState(false);
  const { uri, credential } = started;
  const scanned = phone.holds(uri);

  const confirm = async (code: string): Promise<Refused | null> => {
    const answer = await askClient({ command: 'confirm-enrolment', credential, code });
    if (answer.ok) {
      onConfirmed(answer.value.recoveryCodes);
      return null;
    }
    setOver(answer.code === 'enrolment-unknown');
    return answer.code === 'otp-wrong' ? { ...answer, code: 'first-code-wrong' } : answer;
  };

  return (
    <>
      <StepHeading>{t('registration.confirm.title')}</StepHeading>
      <div className="scan">
        <div className="scan-code">
          <QrCode text={uri} label={t('registration.confirm.qr')} />
          <button
            type="button"
            className="phone-scan"
            aria-disabled={scanned}
            onClick={() => phone.scan(uri, nowMs)}
          >
            <PhoneIcon />
            {t(scanned ? 'registration.confirm.scanned' : 'registration.confirm.scan')}
          </button>
          <p className="aside">{t('registration.confirm.scanNote')}</p>
        </div>
        <div>
          <ol className="how">
            <li>{t('registration.confirm.how1')}</li>
            <li>
              {t('registration.confirm.how2', { account: `${started.issuer} — ${started.accountName}` })}
            </li>
            <li>{t('registration.confirm.how3', { n: started.parameters.digits })}</li>
          </ol>
          {again && <p className="note">{t('registration.confirm.oldOne')}</p>}
          <CodeForm
            kind="otp"
            label={t('registration.field.code')}
            placeholder={'0'.repeat(started.parameters.digits)}
            submitLabel={t('registration.confirm.submit')}
            send={confirm}
          />
          {over && (
            <button type="button" className="primary" onClick={onRestart}>
              {t('registration.confirm.restart')}
            </button>
          )}
        </div>
      </div>
      <ByHand started={started} />
    </>
  );
}

/** For an app that cannot scan: everything to be typed. */
function ByHand({ started }: { started: EnrolmentStarted }) {
  const { t } = useSpeech();
  const { uri, secret, issuer, accountName, parameters } = started;
  return (
    <details className="by-hand">
      <summary>{t('registration.byHand.title')}</summary>
      <p>{t('registration.byHand.how')}</p>
      <dl>
        <dt>{t('registration.byHand.account')}</dt>
        <dd>
          {issuer} — {accountName}
        </dd>
        <dt>{t('registration.byHand.secret')}</dt>
        <dd className="secret" data-testid="secret">
          {inFours(secret)}
        </dd>
        <dt>{t('registration.byHand.kind')}</dt>
        <dd>
          {t('registration.byHand.parameters', {
            algorithm: parameters.algorithm.toUpperCase(),
            digits: parameters.digits,
            seconds: parameters.periodSeconds,
          })}
        </dd>
        <dt>{t('registration.byHand.uri')}</dt>
        <dd className="uri">
          <code data-testid="otpauth">{uri}</code>
          <CopyButton text={uri} label={t('registration.byHand.copy')} className="quiet" />
        </dd>
      </dl>
    </details>
  );
}

/** Groups that can be read and typed: `JBSW Y3DP …`. */
const inFours = (secret: string): string => secret.match(/.{1,4}/g)?.join(' ') ?? '';
