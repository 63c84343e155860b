import { CopyButton } from '../copy-button.tsx';
import { PhoneIcon } from '../icons.tsx';
import { useSpeech } from '../language.tsx';
import { codeAt, readOtpauth, spacedCode } from './otpauth.ts';
import { usePhone } from './phone.tsx';
import type { Scanned } from './phone-store.ts';

const HURRY_SECONDS = 6;

/** The authenticator app of a visitor who has no phone at hand. It goes by the real time, whatever the PC's clock shows. */
export function PhoneCard({ nowMs, timeZone }: { nowMs: number; timeZone: string }) {
  const { t } = useSpeech();
  const { phone, accounts } = usePhone();
  return (
    <section className="card phone" aria-label={t('phone.title')} data-testid="phone">
      <h3>
        <PhoneIcon />
        {t('phone.title')}
        <span className="phone-mark">{t('phone.mark')}</span>
      </h3>
      {accounts.length === 0 ? (
        <p className="card-note">{t('phone.empty')}</p>
      ) : (
        <ul className="phone-accounts">
          {accounts.map((account, n) => (
            <PhoneAccount
              key={account.id}
              account={account}
              replaced={accounts.slice(0, n).some((newer) => nameOf(newer) === nameOf(account))}
              nowMs={nowMs}
              timeZone={timeZone}
              onRemove={() => phone.remove(account.id)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

const nameOf = ({ uri }: Scanned): string => {
  const read = readOtpauth(uri);
  return read ? `${read.issuer} ${read.accountName}`.trim() : uri;
};

function PhoneAccount({
  account,
  replaced,
  nowMs,
  timeZone,
  onRemove,
}: {
  account: Scanned;
  /** A newer one has the same name. */
  replaced: boolean;
  nowMs: number;
  timeZone: string;
  onRemove: () => void;
}) {
  const { t, time } = useSpeech();
  const read = readOtpauth(account.uri);
  if (!read) return null;
  const { code, secondsLeft } = codeAt(read, nowMs);
  const name = nameOf(account);
  return (
    <li className={secondsLeft < HURRY_SECONDS ? 'phone-account hurry' : 'phone-account'} data-account={name}>
      <p className="phone-name">
        <span className="phone-issuer">{read.issuer}</span>
        <span>{read.accountName}</span>
        {replaced && (
          <span className="phone-replaced">
            {t('phone.replaced', { time: time(new Date(account.scannedAtMs), timeZone) })}
          </span>
        )}
      </p>
      <button
        type="button"
        className="phone-remove"
        aria-label={t('phone.remove', { account: name })}
        title={t('phone.remove', { account: name })}
        onClick={onRemove}
      >
        ×
      </button>
      <CopyButton text={code} label={t('phone.copy', { account: name })} className="phone-code">
        <span className="phone-digits" data-testid="phone-code" data-code={code}>
          {spacedCode(code)}
        </span>
      </CopyButton>
      <span className="phone-left" role="img" aria-label={t('phone.left', { n: secondsLeft })}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="10" pathLength={read.periodSeconds} className="phone-ring" />
          <circle
            cx="12"
            cy="12"
            r="10"
            pathLength={read.periodSeconds}
            strokeDasharray={`${secondsLeft} ${read.periodSeconds}`}
            className="phone-ring left"
          />
        </svg>
        <span aria-hidden="true">{secondsLeft}</span>
      </span>
    </li>
  );
}
