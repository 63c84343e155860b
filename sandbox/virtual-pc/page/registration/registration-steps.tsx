import { useState } from 'react';
import type { EnrolmentStarted } from '../../../../contract/logon.ts';
import type { PcState, UserView } from '../../page-messages.ts';
import type { Act } from '../connection.ts';
import { useSpeech } from '../language.tsx';
import { askClient } from '../pc-requests.ts';
import { Spinner } from '../spinner.tsx';
import { CodeForm } from './code-form.tsx';
import { CodesStep } from './codes-step.tsx';
import { ConfirmStep } from './confirm-step.tsx';
import { HoldStep } from './hold-step.tsx';
import { LinkStep } from './link-step.tsx';
import { Overview } from './overview.tsx';
import { passesByItself, problemText } from './problems.ts';
import { RehearsalStep } from './rehearsal-step.tsx';
import { STEPS, type Stage, type Step, stageOf, standingOf } from './standing.ts';
import { StartStep } from './start-step.tsx';
import { StepHeading } from './step-heading.tsx';
import { useAccount } from './use-account.ts';

/** What is on show: by itself the stage the account has come to, else what its user has begun. */
type View =
  | { name: 'by-stage' }
  | { name: 'start' }
  | { name: 'confirm'; started: EnrolmentStarted; again: boolean }
  | { name: 'codes'; codes: readonly string[]; renewed: boolean }
  | { name: 'renew' }
  | { name: 'rehearse' }
  | { name: 'rehearsed' };

const BY_STAGE: View = { name: 'by-stage' };

/** Something would be lost by closing now: a secret nobody has confirmed, or codes nobody has kept. */
export type Unfinished = 'enrolment' | 'codes' | null;

const stepOf = (view: View, stage: Stage): Step => {
  if (view.name === 'by-stage') {
    return stage === 'overview' ? 'done' : stage === 'hold' || stage === 'rehearse' ? 'rehearse' : stage;
  }
  if (view.name === 'codes' || view.name === 'renew') return 'codes';
  if (view.name === 'start' || view.name === 'confirm') return 'enrol';
  return view.name === 'rehearse' ? 'rehearse' : 'done';
};

export function RegistrationSteps({
  state,
  user,
  now,
  act,
  onUnfinished,
  onClose,
}: {
  state: PcState;
  user: UserView;
  /** By the PC's clock. */
  now: Date;
  act: Act;
  onUnfinished: (unfinished: Unfinished) => void;
  onClose: () => void;
}) {
  const { t } = useSpeech();
  const { standing, refused, reload } = useAccount(state.core, `${user.enforcement}`);
  const [view, setView] = useState<View>(BY_STAGE);
  const show = (next: View) => {
    onUnfinished(next.name === 'confirm' ? 'enrolment' : next.name === 'codes' ? 'codes' : null);
    setView(next);
  };
  const backToStage = async () => {
    await reload();
    show(BY_STAGE);
  };

  // What is known is not what is: after a step that changed something, nothing is shown but what was heard since.
  if (!standing || (refused && view.name === 'by-stage')) {
    const said = refused && problemText(refused, 'nothing');
    return said ? (
      <>
        <StepHeading>{t('registration.notNow')}</StepHeading>
        <p className="problem" role="alert">
          {t(said.key, said.values)}
        </p>
        {passesByItself(refused) && <p>{t('registration.goesOn')}</p>}
        <div className="step-actions start">
          <button type="button" className="primary" onClick={() => void reload()}>
            {t('registration.retry')}
          </button>
        </div>
      </>
    ) : (
      <p className="loading" role="status">
        <Spinner />
        {t('registration.loading')}
      </p>
    );
  }

  const { logon } = standing;
  const stage = stageOf(standingOf(standing));
  const shown = view.name === 'by-stage' ? stage : view.name;
  const content = () => {
    if (view.name === 'confirm') {
      return (
        <ConfirmStep
          started={view.started}
          again={view.again}
          nowMs={state.realNowMs}
          onConfirmed={(codes) => show({ name: 'codes', codes, renewed: view.again })}
          onRestart={() => void reload().then(() => show({ name: 'start' }))}
        />
      );
    }
    if (view.name === 'codes') {
      const owner = logon.employee ? `${logon.employee.lastName} ${logon.employee.firstName}` : '';
      return (
        <CodesStep
          codes={view.codes}
          owner={owner}
          renewed={view.renewed}
          onKept={() => void backToStage()}
        />
      );
    }
    if (view.name === 'renew') {
      return (
        <RenewStep
          onRenewed={(codes) => show({ name: 'codes', codes, renewed: true })}
          onBack={() => show(BY_STAGE)}
        />
      );
    }
    if (view.name === 'start' || shown === 'enrol') {
      return (
        <StartStep
          logon={logon}
          onStarted={(started) => show({ name: 'confirm', started, again: logon.otp !== null })}
          onBack={view.name === 'start' ? () => show(BY_STAGE) : null}
        />
      );
    }
    if (shown === 'link') return <LinkStep onLinked={reload} />;
    if (shown === 'hold') return <HoldStep logon={logon} reload={reload} />;
    if (shown === 'rehearse') {
      const done = () => void reload().then(() => show({ name: 'rehearsed' }));
      return <RehearsalStep user={user} now={now} timeZone={state.timeZone} act={act} onDone={done} />;
    }
    return (
      <Overview
        standing={standing}
        timeZone={state.timeZone}
        rehearsed={view.name === 'rehearsed'}
        onEnrol={() => show({ name: 'start' })}
        onRenew={() => show({ name: 'renew' })}
        onRehearse={() => show({ name: 'rehearse' })}
        onClose={onClose}
      />
    );
  };

  return (
    <>
      <StepList current={stepOf(view, stage)} />
      <div className="step" data-testid="registration-step" data-step={shown} key={shown}>
        {content()}
      </div>
    </>
  );
}

function StepList({ current }: { current: Step }) {
  const { t } = useSpeech();
  const at = STEPS.indexOf(current);
  return (
    <ol className="steps" aria-label={t('registration.steps')}>
      {STEPS.map((step, n) => (
        <li key={step} aria-current={n === at ? 'step' : undefined} className={n < at ? 'passed' : ''}>
          {t(`registration.step.${step}`)}
        </li>
      ))}
    </ol>
  );
}

/** New recovery codes in place of all before them. */
function RenewStep({
  onRenewed,
  onBack,
}: {
  onRenewed: (codes: readonly string[]) => void;
  onBack: () => void;
}) {
  const { t } = useSpeech();
  return (
    <>
      <StepHeading>{t('registration.renew.title')}</StepHeading>
      <p>{t('registration.renew.why')}</p>
      <CodeForm
        kind="otp"
        label={t('registration.field.code')}
        placeholder="123456"
        submitLabel={t('registration.renew.submit')}
        send={async (code) => {
          const answer = await askClient({ command: 'new-recovery-codes', code });
          if (!answer.ok) return answer;
          onRenewed(answer.value.recoveryCodes);
          return null;
        }}
      />
      <button type="button" className="link-button back" onClick={onBack}>
        {t('registration.back')}
      </button>
    </>
  );
}
