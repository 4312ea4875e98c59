import type { KeyboardEvent, ReactNode } from 'react';

/**
 * For a control that takes no text: the viewer's hot keys, which are silent while a field has the focus, hold for one of
 * this class. Keys that the control itself goes by are kept from the viewer by `keepKeys`.
 */
export const hotKeysHold = 'mousetrap';

const keysOf = {
  all: ['Enter', ' '],
  field: ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown'],
};

/** Keys by which the control that has the focus is worked do not reach the viewer. */
export function keepKeys(event: KeyboardEvent) {
  const { target, key } = event;
  if (keysOf.all.includes(key) || ((target instanceof HTMLInputElement || target instanceof HTMLSelectElement) && keysOf.field.includes(key)))
    event.stopPropagation();
}

interface ButtonProps {
  readonly label: string;
  /** What it does, for the tooltip. */
  readonly help?: string;
  readonly shortcut?: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly kind?: 'main' | 'icon';
  readonly onClick: () => void;
  readonly children?: ReactNode;
}

/** A button with its key in the tooltip. An icon alone has its name for screen readers. */
export function Button({ label, help, shortcut, pressed, disabled, kind, onClick, children }: ButtonProps) {
  const title = `${help ?? label}${shortcut ? ` (${shortcut})` : ''}`;
  return (
    <button type="button" className={`ms-button ${kind ?? ''}`} title={title} aria-label={kind === 'icon' ? label : undefined} aria-keyshortcuts={shortcut} aria-pressed={pressed} disabled={disabled} onClick={onClick}>
      {children ?? label}
    </button>
  );
}

export function Check({ label, help, checked, onChange }: { label: string; help: string; checked: boolean; onChange: () => void }) {
  return (
    <label className="ms-check" title={help}>
      <input type="checkbox" className={hotKeysHold} checked={checked} onChange={onChange} /> {label}
    </label>
  );
}

export function Section({ title, children, open = true, onOpen }: { title: string; children: ReactNode; open?: boolean; onOpen?: () => void }) {
  return (
    <details className="ms-section" open={open} onToggle={event => event.currentTarget.open && onOpen?.()}>
      <summary>{title}</summary>
      <div className="ms-body">{children}</div>
    </details>
  );
}

const paths = {
  eye: 'M1 8s2.5-5 7-5 7 5 7 5-2.5 5-7 5-7-5-7-5zm7 2.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z',
  hidden: 'M2 3l11 11M1 8s2.5-5 7-5c1 0 2 .3 2.800.6M15 8s-2.500 5-7 5c-1 0-2-.3-2.800-.6',
  locked: 'M4 7V5a4 4 0 0 1 8 0v2M3 7h10v7H3z',
  unlocked: 'M4 7V5a4 4 0 0 1 7.500-2M3 7h10v7H3z',
  bin: 'M2 4h12M6 4V2h4v2M4 4l1 10h6l1-10M7 7v4M9 7v4',
};

export function Icon({ name }: { name: keyof typeof paths }) {
  return <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round"><path d={paths[name]} /></svg>;
}
