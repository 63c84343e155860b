import type { ReactNode } from 'react';
import { useSpeech } from '../language.tsx';
import { type AccountStanding, isUnfinished, needsCode, standingOf } from './standing.ts';
import { StepHeading } from './step-heading.tsx';

/** How all stands, what the next sign-in will ask for, and what may be changed. */
export function Overview({
  standing,
  timeZone,
  rehearsed,
  onEnrol,
  onRenew,
  onRehearse,
  onClose,
}: {
  standing: AccountStanding;
  /** Of the PC. */
  timeZone: string;
  /** A rehearsal has just succeeded. */
  rehearsed: boolean;
  onEnrol: () => void;
  onRenew: () => void;
  onRehearse: () => void;
  onClose: () => void;
}) {
  const { t, shortDate } = useSpeech();
  const { logon, here } = standing;
  const { employee, methods, otp } = logon;
  const name = standingOf(standing);
  const usable = otp !== null && here?.secretHeld === true && methods !== 'password';
  return (
    <>
      <StepHeading>
        {t(rehearsed ? 'registration.overview.rehearsed' : 'registration.overview.title')}
      </StepHeading>
      <p className={isUnfinished(name) ? 'next-sign-in warning' : 'next-sign-in'} data-standing={name}>
        <span className="next-label">{t('registration.overview.next')}</span>
        {t(`registration.nextSignIn.${name}`)}
      </p>
      <dl className="overview">
        {employee && (
          <Fact term={t('registration.overview.employee')}>
            {employee.code} {employee.lastName} {employee.firstName}
          </Fact>
        )}
        <Fact term={t('registration.overview.methods')}>{t(`registration.methods.${methods}`)}</Fact>
        <Fact term={t('registration.overview.otp')}>
          {otp
            ? t('registration.overview.enrolledAt', { date: shortDate(new Date(otp.enrolledAt), timeZone) })
            : t(needsCode(methods) ? 'registration.overview.missing' : 'registration.overview.optional')}
        </Fact>
        {otp && (
          <Fact term={t('registration.overview.recovery')}>
            {t('registration.overview.left', { n: here?.recoveryCodesLeft ?? otp.recoveryCodesLeft })}
          </Fact>
        )}
        {here?.passwordSealed && (
          <Fact term={t('registration.overview.sealed')}>{t('registration.overview.sealedHere')}</Fact>
        )}
      </dl>
      <div className="step-actions start">
        <button type="button" className={name === 'lapsed' ? 'primary' : 'quiet'} onClick={onEnrol}>
          {t(otp ? 'registration.overview.again' : 'registration.overview.enrol')}
        </button>
        {otp && (
          <button type="button" className="quiet" onClick={onRenew}>
            {t('registration.overview.renew')}
          </button>
        )}
        {usable && !rehearsed && (
          <button type="button" className="quiet" onClick={onRehearse}>
            {t('registration.overview.rehearse')}
          </button>
        )}
        <button type="button" className={name === 'lapsed' ? 'quiet' : 'primary'} onClick={onClose}>
          {t('registration.close')}
        </button>
      </div>
    </>
  );
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
