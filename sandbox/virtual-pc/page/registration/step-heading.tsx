import { type ReactNode, useEffect, useRef } from 'react';

/** The heading of a step. It takes the focus as the step begins, unless a field below does. */
export function StepHeading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.closest('.window-body')?.scrollTo(0, 0);
    heading.current?.focus();
  }, []);
  return (
    <h3 ref={heading} tabIndex={-1}>
      {children}
    </h3>
  );
}
