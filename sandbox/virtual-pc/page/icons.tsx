import type { ReactNode } from 'react';

/** Line drawings on a 24 × 24 field; decoration, so unseen by screen readers. */
const drawn = (content: ReactNode) =>
  function Icon() {
    return (
      <svg
        className="icon"
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {content}
      </svg>
    );
  };

export const PowerIcon = drawn(<path d="M12 3v8M6.6 6.6a7.6 7.6 0 1 0 10.8 0" />);
export const ArrowIcon = drawn(<path d="M4 12h15M13 6l6 6-6 6" />);
export const LockIcon = drawn(
  <>
    <rect x="5" y="10.5" width="14" height="9.5" rx="2" />
    <path d="M8 10.5V7.5a4 4 0 0 1 8 0v3" />
  </>,
);
export const MoonIcon = drawn(<path d="M19.5 14A8 8 0 1 1 10 4.5 6.2 6.2 0 0 0 19.5 14z" />);
export const RestartIcon = drawn(<path d="M19 12a7 7 0 1 1-2.2-5.1M17.5 3v4.3h-4.3" />);
export const SignOutIcon = drawn(<path d="M10 4H5.5v16H10M10 12h9.5M15.5 8l4 4-4 4" />);
export const UsersIcon = drawn(
  <>
    <circle cx="9" cy="8.5" r="3.2" />
    <path d="M3.5 19c.6-3.2 2.7-4.8 5.5-4.8s4.9 1.6 5.5 4.800M15.5 5.600a3.2 3.2 0 0 1 0 5.800M17.5 14.700c1.7.7 2.7 2.2 3 4.3" />
  </>,
);
export const NetworkIcon = drawn(
  <>
    <rect x="3.5" y="4.5" width="17" height="11" rx="1.5" />
    <path d="M12 15.500v4M8 19.500h8" />
  </>,
);
export const NetworkOffIcon = drawn(
  <>
    <rect x="3.5" y="4.5" width="17" height="11" rx="1.5" />
    <path d="M12 15.500v4M8 19.500h8M9.5 7.500l5 5M14.5 7.500l-5 5" />
  </>,
);
export const SearchIcon = drawn(
  <>
    <circle cx="10.5" cy="10.5" r="6" />
    <path d="M15 15l5 5" />
  </>,
);
export const PlugIcon = drawn(<path d="M9 3v5M15 3v5M6 8h12v3.500a6 6 0 0 1-12 0zM12 17.500V21" />);
export const ClockIcon = drawn(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7v5.200l3.3 2" />
  </>,
);
export const TrayAppIcon = drawn(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M8 12.300l2.8 2.800L16.2 9.5" />
  </>,
);
export const BridgeIcon = drawn(
  <path d="M2.5 17.5h19M5 17.5a7 7 0 0 1 14 0M8.5 17.5v-5.8M12 17.5v-7M15.5 17.5v-5.8" />,
);
export const PhoneIcon = drawn(
  <>
    <rect x="7" y="2.5" width="10" height="19" rx="2.2" />
    <path d="M10.500 18.500h3" />
  </>,
);
export const KeyIcon = drawn(
  <>
    <circle cx="8" cy="15" r="4.2" />
    <path d="M11 12l8.500-8.500M16 7l3 3" />
  </>,
);
export const WarningIcon = drawn(<path d="M12 4l9 16H3zM12 10v4.500M12 17.200v.1" />);
export const CheckIcon = drawn(<path d="M6 12.500l4 4 8-9" />);

/** Four panes: the sign of the Start button. */
export function StartIcon() {
  return (
    <svg className="icon start-icon" viewBox="0 0 24 24" aria-hidden="true">
      <defs>
        <linearGradient id="panes" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stopColor="#4cc2ff" />
          <stop offset="1" stopColor="#0067c0" />
        </linearGradient>
      </defs>
      <path
        fill="url(#panes)"
        d="M3 3h8.500v8.500H3zM12.5 3H21v8.500h-8.500zM3 12.500h8.500V21H3zM12.5 12.500H21V21h-8.500z"
      />
    </svg>
  );
}
