import type { ComponentChildren } from 'preact';

/** Drawn on a grid of 16; they take the colour of the text around them and say nothing to a screen reader. */
function Icon({ children, size = 16 }: { readonly children: ComponentChildren; readonly size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

/** Three bars of water behind a gate. */
export const LogoMark = () => (
  <svg class="logo-mark" width="26" height="26" viewBox="0 0 26 26" aria-hidden="true" focusable="false">
    <rect width="26" height="26" rx="7" class="logo-ground" />
    <path class="logo-line" d="M5.5 9c2 0 2-1.6 4-1.6s2 1.6 4 1.6 2-1.6 4-1.6 2 1.6 3 1.6" />
    <path class="logo-line" d="M5.5 13.6c2 0 2-1.6 4-1.6s2 1.6 4 1.6 2-1.6 4-1.6 2 1.6 3 1.6" />
    <path class="logo-line logo-faint" d="M5.5 18.2c2 0 2-1.6 4-1.6s2 1.6 4 1.6 2-1.6 4-1.6 2 1.6 3 1.6" />
  </svg>
);

export const SearchIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.25" />
    <path d="m10.2 10.2 3.3 3.3" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.5 5.5V4A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.5h1.5" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m3 8.5 3.2 3.2L13 4.8" />
  </Icon>
);
export const DownloadIcon = () => (
  <Icon>
    <path d="M8 2.5v7.8M4.8 7.4 8 10.5l3.2-3.1M3 13.5h10" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="2.75" />
    <path d="M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1" />
  </Icon>
);
export const MoonIcon = () => (
  <Icon>
    <path d="M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7Z" />
  </Icon>
);
export const SystemIcon = () => (
  <Icon>
    <rect x="2" y="3" width="12" height="8.2" rx="1.4" />
    <path d="M5.8 13.6h4.4" />
  </Icon>
);
export const MenuIcon = () => (
  <Icon>
    <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const KeyIcon = () => (
  <Icon>
    <circle cx="5.2" cy="10.8" r="2.7" />
    <path d="m7.2 8.8 6-6M11 5l1.8 1.8M9.2 6.8l1.3 1.3" />
  </Icon>
);
export const SendIcon = () => (
  <Icon>
    <path d="M4.5 2.8v10.4L13 8 4.5 2.8Z" fill="currentColor" stroke-width="1.2" />
  </Icon>
);
export const StopIcon = () => (
  <Icon>
    <rect x="4" y="4" width="8" height="8" rx="1.2" fill="currentColor" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon size={14}>
    <path d="m6 3.8 4.2 4.2L6 12.2" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon>
    <path d="M8 2.2 14.4 13H1.6L8 2.2ZM8 6.6v2.9M8 11.3v.1" />
  </Icon>
);
export const EyeIcon = () => (
  <Icon>
    <path d="M1.5 8S3.9 3.8 8 3.8 14.5 8 14.5 8 12.1 12.2 8 12.2 1.5 8 1.5 8Z" />
    <circle cx="8" cy="8" r="1.9" />
  </Icon>
);
/** An answer on its way: for the empty state. */
export const EmptyDrawing = () => (
  <svg
    class="empty-drawing"
    width="132"
    height="84"
    viewBox="0 0 132 84"
    fill="none"
    aria-hidden="true"
    focusable="false"
  >
    <rect x="1" y="9" width="88" height="60" rx="8" class="drawing-sheet" />
    <path d="M14 26h30M14 36h50M22 46h34M14 56h22" class="drawing-line" />
    <circle cx="104" cy="54" r="20" class="drawing-seal" />
    <path d="m96 54 6 6 10-11" class="drawing-check" />
  </svg>
);
