import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { PhoneStore, type Scanned } from './phone-store.ts';

const PhoneContext = createContext<PhoneStore | null>(null);

/** The visitor's phone, in reach of the whole page. */
export function PhoneProvider({ children }: { children: ReactNode }) {
  const [phone] = useState(() => new PhoneStore(localStorage));
  useEffect(() => {
    const readAgain = () => phone.readAgain();
    window.addEventListener('storage', readAgain);
    return () => window.removeEventListener('storage', readAgain);
  }, [phone]);
  return <PhoneContext value={phone}>{children}</PhoneContext>;
}

export function usePhone(): { phone: PhoneStore; accounts: readonly Scanned[] } {
  const phone = useContext(PhoneContext);
  if (!phone) throw new Error('A part of the page stands outside PhoneProvider');
  return { phone, accounts: useSyncExternalStore(phone.onChange, phone.accounts) };
}
