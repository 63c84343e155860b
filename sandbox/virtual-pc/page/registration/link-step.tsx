import { useSpeech } from '../language.tsx';
import { askClient } from '../pc-requests.ts';
import { CodeForm } from './code-form.tsx';
import { StepHeading } from './step-heading.tsx';

/** The one-time code of the account mail says whose account this is. */
export function LinkStep({ onLinked }: { onLinked: () => Promise<unknown> }) {
  const { t } = useSpeech();
  return (
    <>
      <StepHeading>{t('registration.link.title')}</StepHeading>
      <p>{t('registration.link.how')}</p>
      <CodeForm
        kind="one-time-code"
        label={t('registration.field.oneTimeCode')}
        placeholder="XXXX-XXXX-XXXX"
        submitLabel={t('registration.link.submit')}
        send={async (code) => {
          const answer = await askClient({ command: 'link', code });
          if (!answer.ok) return answer;
          await onLinked();
          return null;
        }}
      />
      <p className="aside">{t('registration.link.noMail')}</p>
    </>
  );
}
