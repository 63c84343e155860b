import type { Act } from './connection.ts';
import { MoonIcon, PowerIcon, RestartIcon } from './icons.tsx';
import { useSpeech } from './language.tsx';
import { MenuButton } from './menu.tsx';

export function PowerMenu({ act, className }: { act: Act; className: string }) {
  const { t } = useSpeech();
  const choices = [
    { type: 'sleep', icon: <MoonIcon /> },
    { type: 'shut-down', icon: <PowerIcon /> },
    { type: 'restart', icon: <RestartIcon /> },
  ] as const;
  const items = choices.map(({ type, icon }) => ({
    key: type,
    label: t(`powerMenu.${type}`),
    icon,
    onChoose: () => void act({ type }),
  }));
  return (
    <MenuButton label={t('powerMenu.label')} className={className} items={items}>
      <PowerIcon />
    </MenuButton>
  );
}
